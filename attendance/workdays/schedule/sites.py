"""Sites and their zones by day: the main one of the settings, and further ones with their own word about outs."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError

from attendance.core import audit, clock
from attendance.core import site as main_site
from attendance.core.errors import Refusal
from attendance.core.models import SiteSettings, User, validate_zone
from attendance.people import periods
from attendance.people.models import Site
from attendance.people.periods import Periods
from attendance.workdays.models import ZoneChange
from attendance.workdays.schedule import valid_from
from timekeeping.values import Automatic


def zones(row: Site | None) -> Periods[str]:
    """Return the zones of a site by day, or those of the main one."""
    changes = ZoneChange.objects.filter(site=row).order_by("since", "pk").values_list("since", "time_zone")
    first = row.time_zone if row is not None else main_site.settings().time_zone
    return periods.merged(sorted({periods.ALWAYS: first, **dict(changes)}.items()))


def zone_today(row: Site | None) -> str:
    """Return the zone that a site keeps today."""
    known = zones(row)
    return periods.value_on(known, clock.today(main_site.zone()), otherwise=known[0][1])


def save(row: Site, *, zone_since: dt.date | None = None, actor: User | None) -> Site:
    """Keep a new or changed site; another zone than the one of today holds from a day on, see `move`.

    Raises `site_invalid` with the name of the first field that is wrong, `day_closed`.
    """
    _assure_valid(row)
    if row.automatic_out == Automatic.AT and row.automatic_at is None:
        raise Refusal("site_invalid", field="automatic at")
    with transaction.atomic():
        wanted = row.time_zone
        if row.pk is not None:
            row.time_zone = Site.objects.get(pk=row.pk).time_zone
        row.save()
        audit.record(
            "workdays.save_site",
            actor=actor,
            subject=f"site:{row.pk}",
            zone=wanted,
            automatic_out=row.automatic_out,
        )
        if wanted != zone_today(row):
            move(row, since=zone_since, time_zone=wanted, actor=actor)
        else:
            valid_from.record(valid_from.first_day(None))
    return row


def _assure_valid(row: Site | ZoneChange) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        raise Refusal("site_invalid", field=next(iter(error.message_dict)).replace("_", " ")) from error


def assure_zone(row: Site | None, time_zone: str) -> None:
    """Raise `site_invalid` for a zone that is not known."""
    _assure_valid(ZoneChange(site=row, since=periods.ALWAYS, time_zone=time_zone))


def move(row: Site | None, *, since: dt.date | None, time_zone: str, actor: User | None) -> bool:
    """Let a site, or the main one, keep another zone from a day on; the days before stay whole.

    Returns whether that changes anything. Without a day: from the first that is not closed.
    Raises `site_invalid`, `day_closed`.
    """
    first = valid_from.first_day(since)
    assure_zone(row, time_zone)
    valid_from.assure_open(first)
    with transaction.atomic():
        known = zones(row)
        after = periods.changed(known, time_zone, since=first, before=known[0][1])
        if after == known:
            return False
        _write(row, after)
        subject = f"site:{row.pk}" if row is not None else "settings:1"
        audit.record("workdays.move_site", actor=actor, subject=subject, since=first.isoformat(), zone=time_zone)
        valid_from.apply_due()
        valid_from.record(first)
    return True


def _write(row: Site | None, kept: Periods[str]) -> None:
    """Write the zones of a site; the first one of a further site stands in its own row."""
    ZoneChange.objects.filter(site=row).delete()
    if row is not None:
        row.time_zone = kept[0][1]
        row.save(update_fields=["time_zone"])
        kept = kept[1:]
    elif len(kept) == 1:
        SiteSettings.objects.update_or_create(pk=1, defaults={"time_zone": kept[0][1]})
        kept = ()
    ZoneChange.objects.bulk_create(ZoneChange(site=row, since=day, time_zone=zone) for day, zone in kept)


def change_settings(changes: main_site.Changes, *, zone_since: dt.date | None = None, actor: User | None) -> None:
    """Keep what the operator decided about the main site; another zone holds from a day on, the debounce at once.

    Days of closed months keep the debounce of then, also where an open week reaches into them.

    Raises `site_setting_invalid` with the name of the first field that is wrong, `day_closed`.
    """
    before = main_site.settings()
    known = before.time_zone
    wanted = changes.get("time_zone", known)
    try:
        validate_zone(wanted)
    except ValidationError as error:
        raise Refusal("site_setting_invalid", field="time_zone") from error
    is_always = valid_from.first_day(zone_since) == periods.ALWAYS and len(zones(None)) == 1
    with transaction.atomic():
        main_site.change(changes if is_always else {**changes, "time_zone": known}, actor=actor)
        if changes.get("debounce_seconds", before.debounce_seconds) != before.debounce_seconds:
            valid_from.record(valid_from.first_day(None))  # rules of open days; closed ones keep that of then
        if wanted == known:
            return
        if is_always:
            valid_from.record(periods.ALWAYS)
        else:
            move(None, since=zone_since, time_zone=wanted, actor=actor)


def withdraw_zone(change: ZoneChange, *, actor: User | None) -> None:
    """Take back a change of zone; the one before goes on. Raises `day_closed`."""
    known = [(since, zone) for since, zone in zones(change.site) if since < change.since]
    if known:
        move(change.site, since=change.since, time_zone=known[-1][1], actor=actor)


def remove(row: Site, *, actor: User | None) -> None:
    """Forget a site where nobody is or was employed. Raises `site_in_use`."""
    try:
        with transaction.atomic():
            audit.record("workdays.remove_site", actor=actor, subject=f"site:{row.pk}")
            row.delete()
            valid_from.record(valid_from.first_day(None))
    except ProtectedError as error:
        raise Refusal("site_in_use") from error
