"""The colours of the status codes as a style sheet, because pages hold no style of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from attendance.reports import month
from attendance.web import typed_days
from attendance.web.pages import Audience, Page
from attendance.workdays.models import MonthClosing
from attendance.workdays.schedule import codes
from attendance.workdays.schedule.codes import Code

KEPT_SECONDS = 365 * 86_400
"""How long a browser may keep the colours; other colours have another address."""


def address(closing: MonthClosing | None, shown: Iterable[Code]) -> str:
    """Return where the colours of these codes are; it changes with them."""
    content = hashlib.sha256(_style(shown).encode()).hexdigest()[:16]
    closed = {"month": f"{closing.month:%Y-%m}", "version": closing.version} if closing else {}
    return f"{reverse('code_colours')}?{urlencode({**closed, 'v': content})}"


def colours(request: HttpRequest) -> HttpResponse:
    """Answer with the style sheet of the codes as they are now, or as a closed month keeps them."""
    first = typed_days.first_of_month(request.GET.get("month", ""))
    version = typed_days.version(request.GET.get("version", ""))
    shown = month.codes_of(month.month(first, version=version)) if first else codes.table()
    headers = {"Cache-Control": f"private, max-age={KEPT_SECONDS}, immutable"}
    return HttpResponse(_style(shown), content_type="text/css; charset=utf-8", headers=headers)


def _style(shown: Iterable[Code]) -> str:
    known = [each for each in shown if codes.is_colour(each.colour)]
    return "".join(f'[data-code="{_quoted(each.code)}"]{{--code:{each.colour}}}\n' for each in known)


def _quoted(text: str) -> str:
    """Write every character by its number, so that no code can end the text."""
    return "".join(f"\\{ord(char):06x}" for char in text)


PAGES = (Page("months/codes.css", colours, name="code_colours", open_to=Audience.SIGNED_IN),)
