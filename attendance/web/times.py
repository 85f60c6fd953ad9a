"""Template filters for moments and durations, in the time zone of the site; a template loads them as `times`."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from timekeeping.durations import hours_minutes

register = template.Library()


def _day(local: dt.datetime) -> str:
    """Write a day as "j M Y" does."""
    return f"{local.day} {local:%b %Y}"


def _element(moment: dt.datetime, text: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(timespec="seconds"), text)


@register.filter
def local(moment: dt.datetime | None, zone: ZoneInfo) -> str:
    """Write day and time."""
    return _element(moment, f"{(at := moment.astimezone(zone)):%a} {_day(at)}, {at:%H:%M}") if moment else ""


@register.filter
def local_seconds(moment: dt.datetime | None, zone: ZoneInfo) -> str:
    """Write day and time with the seconds, where the exact moment matters."""
    return _element(moment, f"{(at := moment.astimezone(zone)):%a} {_day(at)}, {at:%H:%M:%S}") if moment else ""


@register.filter
def local_time(moment: dt.datetime | None, zone: ZoneInfo) -> str:
    """Write the time alone, beside a day that is shown."""
    return _element(moment, f"{moment.astimezone(zone):%H:%M}") if moment else ""


@register.filter
def local_day(moment: dt.datetime | None, zone: ZoneInfo) -> str:
    """Write the day alone."""
    return _element(moment, _day(moment.astimezone(zone))) if moment else ""


@register.filter
def hours(duration: dt.timedelta | None) -> str:
    """Write h:mm."""
    return "" if duration is None else hours_minutes(duration)
