"""The site's settings as the operator chose them: name, time zone and the like."""

from __future__ import annotations

from typing import TypedDict
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction

from attendance.core import audit
from attendance.core.errors import Refusal
from attendance.core.models import SiteSettings, User


def settings() -> SiteSettings:
    """Return the one row; defaults where nobody has saved it yet."""
    return SiteSettings.objects.filter(pk=1).first() or SiteSettings(pk=1)


def zone() -> ZoneInfo:
    """Return the site's time zone."""
    return ZoneInfo(settings().time_zone)


class Changes(TypedDict, total=False):
    """What can be changed; what is left out stays."""

    organisation: str
    site_name: str
    time_zone: str
    contact: str
    evidence_days: int
    debounce_seconds: int
    guests: bool


def change(changes: Changes, *, actor: User | None) -> SiteSettings:
    """Keep what the operator decided; raises `site_setting_invalid` with the name of the first field that is wrong."""
    with transaction.atomic():
        row, _ = SiteSettings.objects.select_for_update().get_or_create(pk=1)
        changed = {name: value for name, value in changes.items() if getattr(row, name) != value}
        for name, value in changed.items():
            setattr(row, name, value)
        try:
            row.full_clean()
        except ValidationError as error:
            raise Refusal("site_setting_invalid", field=next(iter(error.message_dict))) from error
        if changed:
            row.save(update_fields=list(changed))
            audit.record("core.change_site", actor=actor, subject="settings:1", fields=", ".join(sorted(changed)))
    return row
