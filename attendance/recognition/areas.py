"""Areas of doors: the people whom a door searches first, as labels of the gallery.

A person has the label of the site of today and those of the door groups. Both are rows that take effect when they are
saved, with a line in the gallery's change log, so that every process moves the person before its next search. The
labels themselves are always read from the rows, and are in no snapshot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from attendance.people import facts_log
from attendance.people.models import DoorGroupMember, Person
from attendance.recognition import changes
from verifier.gallery.divided import Labels

MOST_BY_NUMBER = 5_000
"""People whose labels are asked for by number; for more of them the whole tables are read."""


@dataclass(frozen=True, slots=True)
class Area:
    """Whom a door searches: those with the label first, and the others after them if guests may come.

    `label` None: everybody at once.
    """

    label: int | None = None
    guests: bool = True


EVERYBODY = Area()


def site_label(site: int | None) -> int:
    """Return the label of a site by its number; None is the main one."""
    return 2 * (site or 0)


def group_label(group: int) -> int:
    """Return the label of a door group."""
    return 2 * group + 1


def labels(people: Collection[int] | None = None) -> dict[int, Labels]:
    """Return the labels of these people, or of everybody, as the rows say now."""
    rows, members = Person.objects.order_by(), DoorGroupMember.objects.order_by()
    if people is not None and len(people) <= MOST_BY_NUMBER:
        rows, members = rows.filter(pk__in=people), members.filter(person__in=people)
    groups: dict[int, list[int]] = defaultdict(list)
    for person, group in members.values_list("person_id", "group_id"):
        groups[person].append(group_label(group))
    shared: dict[Labels, Labels] = {}  # one value for all who have the same, since there may be a million of them
    found: dict[int, Labels] = {}
    for person, site in rows.values_list("pk", "site_id").iterator():
        each = frozenset((site_label(site), *groups.get(person, ())))
        found[person] = shared.setdefault(each, each)
    return found


def place(people: Mapping[int, int | None]) -> list[int]:
    """Let people belong to the doors of these sites (None: the main one); return whom that moves, for `record`.

    Inside a transaction, before the log of facts is locked: a check-in locks the person first and then the log.
    """
    rows = (
        Person.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk").values_list("pk", "site_id")
    )
    moved = [person for person, site in rows if people[person] != site]
    for person in moved:
        Person.objects.filter(pk=person).update(site_id=people[person])
    return moved


def record(people: Collection[int]) -> None:
    """Write into the gallery's log that other doors search these people first; who is not enrolled has no line.

    The last statement of a transaction. The lock of the log of facts comes before that of the gallery, here as
    everywhere.
    """
    if not people:
        return
    facts_log.lock()
    changes.lock()
    rows = changes.searchable().filter(reference__person__in=people).select_related("reference").order_by("pk")
    changes.append_all((changes.Operation.DOORS, row) for row in rows)


def people_of(area: Area) -> Q:
    """Return the filter of the people whom a door of this area searches first."""
    if area.label is None:
        return Q()
    if area.label % 2:
        member = DoorGroupMember.objects.filter(person=OuterRef("pk"), group=area.label // 2)
        return Q(Exists(member))
    return Q(site=area.label // 2 or None)
