"""Sites and door groups as doors see them: their people, their doors, and whether guests may come."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Q

from attendance.checkins import door_areas
from attendance.checkins.door_areas import Place
from attendance.checkins.models import Device
from attendance.core import site as main_site
from attendance.core.errors import Refusal
from attendance.people.models import DoorGroup, DoorGroupMember, Person, Site

MAIN, SITE, GROUP = "main", "site", "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRow:
    """A site or a door group; `people` are the active ones, `key` names it in a form."""

    place: Place
    key: str
    name: str
    people: int
    doors: tuple[Device, ...]
    guests: bool

    @property
    def group(self) -> DoorGroup | None:
        """The group, where it is one."""
        return self.place if isinstance(self.place, DoorGroup) else None


def places() -> list[PlaceRow]:
    """Return the main site, the further ones and the groups."""
    doors: dict[str, list[Device]] = defaultdict(list)
    for device in Device.objects.exclude(searches=Device.Searches.ALL):
        doors[_key_of_door(device)].append(device)
    active = Q(deactivated_at=None, erased_at=None)
    at_sites = dict(Person.objects.filter(active).order_by().values_list("site").annotate(Count("pk")))
    members = DoorGroupMember.objects.filter(person__deactivated_at=None, person__erased_at=None).order_by()
    in_groups = dict(members.values_list("group").annotate(Count("pk")))
    every: list[tuple[Place, str, int]] = [(None, main_site.settings().site_name, at_sites.get(None, 0))]
    every += [(site, site.name, at_sites.get(site.pk, 0)) for site in Site.objects.all()]
    every += [(group, group.name, in_groups.get(group.pk, 0)) for group in DoorGroup.objects.all()]
    return [
        PlaceRow(
            place=place,
            key=key(place),
            name=name,
            people=people,
            doors=tuple(doors.get(key(place), ())),
            guests=door_areas.guests_allowed(place),
        )
        for place, name, people in every
    ]


def key(place: Place) -> str:
    """Return how a form names a place."""
    return MAIN if place is None else f"{SITE if isinstance(place, Site) else GROUP}-{place.pk}"


def find_place(wanted: str) -> Place:
    """Return the place of that key. Refusals: door_place_unknown."""
    kind, _, number = wanted.partition("-")
    if wanted == MAIN:
        return None
    found: Place = None
    if number.isascii() and number.isdigit() and len(number) < 19:
        known: dict[str, type[Site] | type[DoorGroup]] = {SITE: Site, GROUP: DoorGroup}
        found = known[kind]._default_manager.filter(pk=int(number)).first() if kind in known else None
    if found is None:
        raise Refusal("door_place_unknown")
    return found


def place_of_door(device: Device) -> str:
    """Return the key of the place whose people a door searches first; empty where it searches everybody."""
    return "" if device.searches == Device.Searches.ALL else _key_of_door(device)


def _key_of_door(device: Device) -> str:
    return key(device.group if device.searches == Device.Searches.GROUP else device.site)


def doors_of(person: Person) -> list[Device]:
    """Return the doors that search this person first."""
    at_site = Q(searches=Device.Searches.SITE, site=person.site_id)
    in_group = Q(group__members__person=person)
    return list(Device.objects.filter(at_site | in_group).distinct())
