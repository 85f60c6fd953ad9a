"""Where are we, and what did the operator decide about the site?"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from attendance.core.models import SiteSettings


def settings() -> SiteSettings:
    """Return the one row; defaults where nobody has saved it yet."""
    return SiteSettings.objects.filter(pk=1).first() or SiteSettings(pk=1)


def zone() -> ZoneInfo:
    """Return the site's time zone."""
    return ZoneInfo(settings().time_zone)
