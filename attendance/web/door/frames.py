"""The pictures of a request: files of a form only; no vector, path or address is ever read."""

from __future__ import annotations

from django.http import HttpRequest

from attendance.core.errors import Refusal
from attendance.recognition.probes import MOST_FRAMES

LIMIT_BYTES = 25 * 1024 * 1024
"""Asked of the size that the upload has on disk, before it is read into memory."""


def take(request: HttpRequest, *, name: str = "frame") -> list[bytes]:
    """Return the pictures, four at most. Refusals: no_picture, image_too_large."""
    uploads = request.FILES.getlist(name)[:MOST_FRAMES]
    if not uploads:
        raise Refusal("no_picture")
    for upload in uploads:
        if (upload.size or 0) > LIMIT_BYTES:
            raise Refusal("image_too_large", what="bytes", value=upload.size, limit=LIMIT_BYTES)
    return [upload.read() for upload in uploads]
