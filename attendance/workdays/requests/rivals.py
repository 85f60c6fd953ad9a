"""Times entered by hand in whose place a new one would stand: a second out for one missing out, or a second in."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from attendance.core.errors import Refusal
from attendance.people.models import Person
from attendance.workdays import facts
from attendance.workdays.models import Correction as Request
from attendance.workdays.models import CorrectionEntry
from attendance.workdays.requests import outcomes
from attendance.workdays.requests.outcomes import NUMBER, Key, Recorded, key_of_value
from timekeeping import requests
from timekeeping.requests import Asked, Code
from timekeeping.values import Correction, CorrectionState, Direction, Source
from timekeeping.work_day import WorkDay


def find(
    person: Person, day: dt.date, *, asked: Sequence[Asked], withdrawn: Sequence[Recorded]
) -> CorrectionEntry | None:
    """Return the time in whose place the one that is asked for would stand.

    An in and an out that are asked for together are a stretch of their own, and take nobody's place.
    """
    if len(asked) != 1:
        return None
    site = facts.load_one(person, day, day, with_punches=False).roster.site
    at = requests.instant(asked[0], zone_name=site.zone_on(asked[0].local.date()))
    return None if isinstance(at, Code) else _find(person, day, at, asked[0].direction, withdrawn)


def assure_none(person: Person, day: dt.date, *, asked: Sequence[Asked], withdrawn: Sequence[Recorded]) -> None:
    """Raise `entered_already` where a time stands in the way that the request does not withdraw."""
    _refuse(find(person, day, asked=asked, withdrawn=withdrawn), person, day)


def assure_none_of_row(row: Request) -> None:
    """Raise `entered_already` where a time was approved since the request was made, or counts again."""
    entries = list(row.entries.select_related("replaces", "withdraws__correction"))
    times = [(entry.at, entry.direction) for entry in entries if entry.at is not None]
    if len(times) == 1:
        at, direction = times[0]
        gone = [each for entry in entries for each in (entry.replaces, entry.withdraws) if each is not None]
        rival = _find(row.person, row.day, int(at.timestamp()), Direction(direction), gone, but=row.pk)
        _refuse(rival, row.person, row.day)


def competing(rows: Iterable[Request]) -> dict[int, tuple[Direction, int]]:
    """Return, by request that waits, which end of a presence it asks for and how many ask for that same end."""
    alone: dict[tuple[int, dt.date, Direction], list[tuple[Request, CorrectionEntry]]] = defaultdict(list)
    for row in rows:
        entries = list(row.entries.all())
        if len(entries) == 1 and entries[0].at is not None:
            alone[row.person_id, row.day, Direction(entries[0].direction)].append((row, entries[0]))
    found: dict[int, tuple[Direction, int]] = {}
    for (_, day, direction), same in alone.items():
        for numbers in _of_one_end(day, direction, same) if len(same) > 1 else ():
            found.update((number, (direction, len(numbers))) for number in numbers if len(numbers) > 1)
    return found


def _of_one_end(
    day: dt.date, direction: Direction, asked: Sequence[tuple[Request, CorrectionEntry]]
) -> Iterable[list[int]]:
    """Return the requests in groups, by the other end of the pair that each would make by itself."""
    known = facts.load_one(asked[0][0].person, day - outcomes.AROUND, day + outcomes.AROUND)
    groups: dict[int, list[int]] = defaultdict(list)
    for row, entry in asked:
        if entry.at is not None:
            new = Correction(at=int(entry.at.timestamp()), direction=direction, number=NUMBER)
            pairs = _partners(outcomes.derive(outcomes.with_times(known, [new]), day), direction)
            if key_of_value(new) in pairs:
                groups[pairs[key_of_value(new)]].append(row.pk)
    return groups.values()


def _refuse(rival: CorrectionEntry | None, person: Person, day: dt.date) -> None:
    if rival is not None and rival.at is not None:
        zone = ZoneInfo(facts.load_one(person, day, day, with_punches=False).roster.site.zone_on(day))
        raise Refusal("entered_already", direction=rival.direction, time=f"{rival.at.astimezone(zone):%H:%M}")


def _find(
    person: Person,
    day: dt.date,
    at: int,
    direction: Direction,
    withdrawn: Sequence[Recorded],
    *,
    but: int | None = None,
) -> CorrectionEntry | None:
    """Return the time that makes a pair now with what the new one would make a pair with if it were not there."""
    loaded = facts.load_one(person, day - outcomes.AROUND, day + outcomes.AROUND)
    known = outcomes.without(loaded, withdrawn)
    entered = [
        each
        for each in known.corrections
        if each.at not in (None, at) and each.direction is direction and each.state is CorrectionState.APPROVED
    ]
    rows = CorrectionEntry.objects.filter(correction__in={each.number for each in entered}).exclude(correction=but)
    by_key = {outcomes.key_of_entry(row): row for row in rows.select_related("correction")}
    if not by_key:
        return None
    new = Correction(at=at, direction=direction, number=NUMBER)
    new_key = key_of_value(new)
    present = _partners(outcomes.derive(known, day), direction)
    both = _partners(outcomes.derive(outcomes.with_times(known, [new]), day), direction)
    for key in map(key_of_value, entered):
        row = by_key.get(key)
        if row is None or key not in present or (key in both and new_key in both):
            continue
        alone = outcomes.with_times(outcomes.without(known, [row]), [new])
        if _partners(outcomes.derive(alone, day), direction).get(new_key) == present[key]:
            return row
    return None


def _partners(days: Sequence[WorkDay], direction: Direction) -> dict[Key, int]:
    """Return the instant of the other end of the pair that each time entered by hand makes."""
    found: dict[Key, int] = {}
    for day in days:
        for part in day.parts:
            pairs = part.pairing.pairs
            ends = dict(pairs) if direction is Direction.IN else {end: start for start, end in pairs}
            for punch, _ in part.pairing.uses:
                if punch.source is Source.CORRECTION and punch.direction is direction and punch.at in ends:
                    key = punch.number, day.timeline.instant(punch.at), punch.direction
                    found[key] = day.timeline.instant(ends[punch.at])
    return found
