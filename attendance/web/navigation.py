"""The side bar, and what else every template is given: the rights, the site and the theme."""

from __future__ import annotations

import functools
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from attendance.core import permissions, site
from attendance.core.permissions import Rights
from attendance.web import urls
from attendance.web.pages import Entry, Page


def context(request: HttpRequest) -> dict[str, Any]:
    """Give every template the rights, the site and the side bar."""
    user = getattr(request, "user", None)
    rights = permissions.rights(user)
    theme = request.COOKIES.get("theme", "")
    return {
        "rights": rights,
        "site": site.settings(),
        "navigation": lines(rights, here=_here(request)) if user is not None and user.is_authenticated else [],
        "theme": theme if theme in {"light", "dark"} else "",
    }


def lines(rights: Rights, *, here: str = "") -> list[dict[str, Any]]:
    """Return the lines of the side bar for whoever has the rights; `here` is the name of the page that is open."""
    current = leading_page(here)
    return [
        {"url": reverse(page.name), "label": entry.label, "icon": entry.icon, "current": page.name == current}
        for entry, page in _entries()
        if page.opens_for(rights)
    ]


def leading_page(name: str) -> str:
    """Return the name of the page whose line of the side bar a page belongs to; empty where it has none."""
    page = _pages().get(name)
    if page is None:
        return ""
    return page.menu if isinstance(page.menu, str) else page.name


def _here(request: HttpRequest) -> str:
    match = request.resolver_match
    return (match.url_name or "") if match else ""


@functools.cache
def _pages() -> dict[str, Page]:
    return {page.name: page for page in urls.PAGES}


@functools.cache
def _entries() -> list[tuple[Entry, Page]]:
    found = [(page.menu, page) for page in urls.PAGES if isinstance(page.menu, Entry)]
    return sorted(found, key=lambda pair: pair[0].order)
