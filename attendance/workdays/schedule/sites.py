"""Where do people work? Further sites, each with its zone and its own word about forgotten outs."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError

from attendance.core import audit
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.workdays.models import Site, ZoneChange


def save(row: Site, *, actor: User | None) -> Site:
    """Keep a new or changed site. Raises `site_invalid` with the name of the first field that is wrong."""
    try:
        row.full_clean()
    except ValidationError as error:
        raise Refusal("site_invalid", field=next(iter(error.message_dict)).replace("_", " ")) from error
    if row.automatic_out == Site.AutomaticOut.AT and row.automatic_at is None:
        raise Refusal("site_invalid", field="automatic at")
    with transaction.atomic():
        row.save()
        audit.record(
            "workdays.save_site",
            actor=actor,
            subject=f"site:{row.pk}",
            zone=row.time_zone,
            automatic_out=row.automatic_out,
        )
    return row


def move(row: Site, *, since: dt.date, time_zone: str, actor: User | None) -> ZoneChange:
    """Let a site keep another zone from a day on; the days before stay whole. Raises `site_invalid`."""
    change = ZoneChange(site=row, since=since, time_zone=time_zone)
    try:
        change.full_clean()
    except ValidationError as error:
        raise Refusal("site_invalid", field=next(iter(error.message_dict)).replace("_", " ")) from error
    with transaction.atomic():
        ZoneChange.objects.filter(site=row, since=since).delete()
        change.save()
        audit.record(
            "workdays.move_site", actor=actor, subject=f"site:{row.pk}", since=since.isoformat(), zone=time_zone
        )
    return change


def remove(row: Site, *, actor: User | None) -> None:
    """Forget a site where nobody is employed. Raises `site_in_use`."""
    try:
        with transaction.atomic():
            audit.record("workdays.remove_site", actor=actor, subject=f"site:{row.pk}")
            row.delete()
    except ProtectedError as error:
        raise Refusal("site_in_use") from error
