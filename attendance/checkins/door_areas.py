"""Whom each door searches, door groups and their members, and where guests may come.

Each deed takes effect when it is saved: the door reads its row, and people who join or leave a group are a line of the
gallery's change log.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from attendance.checkins.models import Device
from attendance.core import audit
from attendance.core import site as main_site
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people.models import DoorGroup, DoorGroupMember, Person, Site
from attendance.recognition import areas
from attendance.recognition.areas import EVERYBODY, Area

Place = Site | DoorGroup | None
"""A site, a door group, or None: the main site."""

LONGEST_NAME = 200


def find_area(device: Device) -> Area:
    """Return whom a door searches, as its row and that of its site or group say."""
    if device.searches == Device.Searches.SITE:
        return Area(areas.site_label(device.site_id), guests=guests_allowed(device.site))
    if device.group is not None:
        return Area(areas.group_label(device.group.pk), guests=device.group.guests)
    return EVERYBODY


def guests_allowed(place: Place) -> bool:
    """Return whether the doors of a place recognize other people after their own."""
    return place.guests if place is not None else main_site.settings().guests


def allow_guests(place: Place, *, allowed: bool, actor: User | None) -> None:
    """Let the doors of a place recognize other people too, or not any more; from the next look on."""
    with transaction.atomic():
        if place is None:
            main_site.change({"guests": allowed}, actor=actor)
        else:
            type(place)._default_manager.filter(pk=place.pk).update(guests=allowed)
            place.guests = allowed
        audit.record("devices.allow_guests", actor=actor, subject=_subject(place), allowed=allowed)


def _subject(place: Place) -> str:
    if place is None:
        return "settings:1"
    return f"site:{place.pk}" if isinstance(place, Site) else f"door_group:{place.pk}"


def choose(
    device: Device, *, searches: str, site: Site | None = None, group: DoorGroup | None = None, actor: User | None
) -> None:
    """Let a door search everybody, or first the people of a site (None: the main one) or of a group."""
    wanted = Device.Searches(searches)
    with transaction.atomic():
        row = Device.objects.select_for_update().get(pk=device.pk)
        row.searches = wanted
        row.site = site if wanted == Device.Searches.SITE else None
        row.group = group if wanted == Device.Searches.GROUP else None
        row.save(update_fields=["searches", "site", "group"])
        audit.record(
            "devices.choose_people",
            actor=actor,
            subject=f"device:{row.pk}",
            searches=row.searches,
            site=row.site_id,
            group=row.group_id,
        )


def add_group(name: str, *, actor: User | None) -> DoorGroup:
    """Make a door group. Refusals: door_group_name_missing, door_group_name_taken."""
    return _named(DoorGroup(), name, deed="devices.add_group", actor=actor)


def rename_group(group: DoorGroup, name: str, *, actor: User | None) -> DoorGroup:
    """Call it otherwise. Refusals: those of `add_group`."""
    return _named(group, name, deed="devices.rename_group", actor=actor)


def _named(group: DoorGroup, name: str, *, deed: str, actor: User | None) -> DoorGroup:
    group.name = " ".join(name.split())[:LONGEST_NAME]
    if not group.name:
        raise Refusal("door_group_name_missing")
    try:
        with transaction.atomic():
            group.save()
            audit.record(deed, actor=actor, subject=f"door_group:{group.pk}", name=group.name)
    except IntegrityError as error:
        raise Refusal("door_group_name_taken", name=group.name) from error
    return group


def remove_group(group: DoorGroup, *, actor: User | None) -> None:
    """Forget a group that no door searches. Refusals: door_group_in_use."""
    with transaction.atomic():
        people = list(group.members.values_list("person", flat=True))
        audit.record("devices.remove_group", actor=actor, subject=f"door_group:{group.pk}", people=len(people))
        try:
            group.delete()
        except ProtectedError as error:
            raise Refusal("door_group_in_use") from error
        areas.record(people)


def add_members(group: DoorGroup, people: Collection[Person], *, actor: User | None) -> int:
    """Let people belong to a group; return how many did not before."""
    with transaction.atomic():
        known = set(group.members.values_list("person", flat=True))
        new = sorted({person.pk for person in people if person.erased_at is None} - known)
        DoorGroupMember.objects.bulk_create(DoorGroupMember(group=group, person_id=number) for number in new)
        _record_members("devices.add_members", group, new, actor=actor)
    return len(new)


def remove_members(group: DoorGroup, people: Collection[Person], *, actor: User | None) -> int:
    """Let people belong to a group no longer; return how many did before."""
    with transaction.atomic():
        rows = group.members.filter(person__in=people)
        gone = sorted(rows.values_list("person", flat=True))
        rows.delete()
        _record_members("devices.remove_members", group, gone, actor=actor)
    return len(gone)


def _record_members(deed: str, group: DoorGroup, people: list[int], *, actor: User | None) -> None:
    if not people:
        return
    shown = ", ".join(map(str, people[:50]))
    audit.record(deed, actor=actor, subject=f"door_group:{group.pk}", people=len(people), numbers=shown)
    areas.record(people)
