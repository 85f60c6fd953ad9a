"""Says of a request whether its body may come, and how large, before it is read.

The web server asks: a body that nobody may send, or that its page does not take, is neither received nor kept.
"""

from __future__ import annotations

import functools
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.core.handlers.wsgi import WSGIRequest
from django.urls import Resolver404, resolve

from attendance.checkins import devices
from attendance.core import permissions
from attendance.core.models import User
from attendance.web.door import paired_device
from attendance.web.pages import Audience, Page

ADMIN_BYTES = 2_621_440
UNKNOWN_BYTES = 64 * 1024


def most_bytes(path: str) -> int:
    """Return how large a body the page at this address takes."""
    page = _page(path)
    if isinstance(page, Page):
        return page.most_bytes
    return ADMIN_BYTES if page == "admin" else UNKNOWN_BYTES


def wants_json(path: str) -> bool:
    """Tell whether scripts read the answers of this address: those of a door but its page."""
    page = _page(path)
    return isinstance(page, Page) and page.open_to is Audience.DOORS and page.name != "kiosk"


def may_send(path: str, environ: dict[str, Any]) -> bool:
    """Tell whether whoever sends may open the page; reads headers and cookies alone."""
    page = _page(path)
    if isinstance(page, Page) and page.open_to is Audience.VISITORS:
        return True
    request = WSGIRequest(environ)
    if isinstance(page, Page) and page.open_to is Audience.DOORS:
        return devices.find_by_token(request.COOKIES.get(paired_device.COOKIE, "")) is not None
    sessions = import_module(settings.SESSION_ENGINE)
    request.session = sessions.SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    user = auth.get_user(request)
    if not isinstance(user, User) or user.must_change_password:
        return False
    return page.opens_for(permissions.rights(user)) if isinstance(page, Page) else page == "admin" and user.is_staff


@functools.lru_cache(maxsize=1024)
def _page(path: str) -> Page | str:
    """Return the page at the address, "admin" for those of Django's admin, "" where there is none."""
    from attendance.web.urls import PAGES  # noqa: PLC0415  (imports every page; asked when all are there)

    try:
        match = resolve(path)
    except Resolver404:
        return ""
    if match.app_name == "admin":
        return "admin"
    return next((page for page in PAGES if page.name == match.url_name), "")
