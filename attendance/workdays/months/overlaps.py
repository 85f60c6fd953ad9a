"""Entries by hand beside late facts that change the same quantity of the same closed month of a person.

Either may be right, or both: but where the fact came in that the entry stood for, it would be paid twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from attendance.people.models import Person
from attendance.workdays.models import Adjustment
from attendance.workdays.months import adjustments, entry_quantities

PersonMonth = tuple[int, dt.date]
"""Number of a person, first day of a month."""


def find(before: dt.date) -> dict[PersonMonth, set[str]]:
    """Return what both change in closed months before a day; entries wait, or are paid already."""
    people = set(Adjustment.objects.filter(kind=Adjustment.Kind.ENTRY).order_by().values_list("person", flat=True))
    return among(adjustments.find(before, people=people)) if people else {}


def among(lines: Iterable[Adjustment]) -> dict[PersonMonth, set[str]]:
    """Return what these differences by late facts and entries by hand change both."""
    late = {(line.person_id, line.month): entry_quantities.moved(line.quantities) for line in lines}
    entered = entry_quantities.moved_by_entries({month for _, month in late})
    return {key: both for key, names in late.items() if (both := names & entered.get(key, set()))}


def in_open_month(first: dt.date) -> dict[PersonMonth, set[str]]:
    """Return what entries by hand change in a month that was reopened: what they stood for may be in it by now."""
    entered = entry_quantities.moved_by_entries({first})
    return {key: names for key, names in entered.items() if names}


def concerns(entry: Adjustment, both: dict[PersonMonth, set[str]]) -> bool:
    """Whether an entry by hand is part of what was found."""
    return bool(entry_quantities.moved(entry.quantities) & both.get((entry.person_id, entry.month), set()))


def is_in_month(person: Person, month: dt.date) -> bool:
    """Whether an entry by hand, waiting or paid, changes what late facts change now in that month of a person."""
    first = month.replace(day=1)
    entered = entry_quantities.moved_by_entries({first}).get((person.pk, first))
    return bool(entered and entered & entry_quantities.moved(adjustments.late_facts(person, first)))
