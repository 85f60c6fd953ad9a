"""Security headers of every answer: only our own files, no inline code, the camera for our own pages, nothing kept."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
"""data: and blob: show a photo before it is sent; everything else comes from here."""
POWERS = "camera=(self), screen-wake-lock=(self), microphone=(), geolocation=(), payment=(), usb=()"


class Headers:
    """Writes the headers on every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the headers added; a view may be stricter itself."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", POWERS)
        response.headers.setdefault("Cache-Control", "no-store")  # people are on nearly every page; our files say else
        return response
