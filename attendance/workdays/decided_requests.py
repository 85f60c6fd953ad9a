"""Reads decided requests into values: corrections, leave and approvals of overtime, and what was taken back of them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from attendance.core import clock
from attendance.people import periods
from attendance.people.periods import Periods
from attendance.workdays import models
from timekeeping.values import Approval, Correction, CorrectionState, Direction, Leave, LeavePart


@dataclass(frozen=True, slots=True)
class Turn:
    """The last word about an approved request: taken back or counting again, and since when."""

    counts: bool
    at: dt.datetime


Turns = dict[tuple[str, int], Turn]
"""What was said last of each request that was ever taken back, by `models.revoked_field` and number."""


@dataclass
class Proposal:
    """What a dry run supposes: requests taken back or counting again, and leave that nobody has approved yet."""

    turns: Turns = field(default_factory=dict)
    leave: list[models.Leave] = field(default_factory=list)

    def turn(self, request: models.Approved, *, counts: bool) -> None:
        """Suppose that a request counts no more, or again."""
        self.turns[models.revoked_field(request), request.pk] = Turn(counts, clock.now())


def turns(people: Collection[int], *, known_until: dt.datetime | None = None) -> Turns:
    """Return what was said last about the requests of some people; of those that were never taken back nothing."""
    if not people:
        return {}
    rows = models.Revocation.objects.filter(person__in=people, state=models.State.APPROVED)
    if known_until is not None:
        rows = rows.filter(decided_at__lte=known_until)
    found: Turns = {}
    columns = rows.order_by("decided_at", "pk").values_list("kind", "decided_at", "correction", "leave", "overtime")
    for kind, at, *numbers in columns:
        name, number = next(
            (name, number) for name, number in zip(("correction", "leave", "overtime"), numbers, strict=True) if number
        )
        if at is not None:
            found[name, number] = Turn(kind == models.Revocation.Kind.RESTORE, at)
    return found


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads what some people were granted from a day to another one; `known_until`: as it had become known by then."""

    people: Sequence[int]
    turns: Turns
    proposed: Proposal
    known_until: dt.datetime | None = None

    def corrections(self, first: dt.date, last: dt.date) -> dict[int, list[Correction]]:
        """Return the corrections by person, those that were taken back among them."""
        found: dict[int, list[Correction]] = defaultdict(list)
        chosen = models.CorrectionEntry.objects.filter(
            correction__person__in=self.people,
            correction__day__gte=first,
            correction__day__lte=last,
            correction__state=models.State.APPROVED,
        ).select_related("correction", "replaces")
        if self.known_until is not None:
            chosen = chosen.filter(correction__decided_at__lte=self.known_until)
        rows = list(chosen)
        withdrawn: dict[int, list[tuple[bool, int]]] = defaultdict(list)
        for row in rows:
            if row.withdraws_id is not None:
                withdrawn[row.withdraws_id].append(self._standing(row.correction))
        for row in rows:
            if row.withdraws_id is None:
                standing = self._standing(row.correction)
                found[row.correction.person_id].append(_correction(row, standing, withdrawn.get(row.pk, ())))
        return found

    def _standing(self, row: models.Correction) -> tuple[bool, int]:
        """Return whether a correction counts, and since when that is so."""
        turn = self.turns.get(("correction", row.pk))
        if turn is not None:
            return turn.counts, int(turn.at.timestamp())
        return True, int(row.decided_at.timestamp()) if row.decided_at else 0

    def leave(
        self, first: dt.date, last: dt.date, *, fractions: dict[str, Periods[float | None]]
    ) -> dict[int, list[Leave]]:
        """Return the leave that counts by person. `fractions`: what a kind is worth, by day."""
        found: dict[int, list[Leave]] = defaultdict(list)
        rows = models.Leave.objects.filter(
            person__in=self.people, first__lte=last, last__gte=first, state=models.State.APPROVED
        ).select_related("type")
        if self.known_until is not None:
            rows = rows.filter(decided_at__lte=self.known_until)
        for row in rows:
            value, turn = leave(row), self.turns.get(("leave", row.pk))
            if turn is not None and not turn.counts:
                continue
            if turn is not None:
                value = replace(value, recorded_at=int(turn.at.timestamp()))
            found[row.person_id].extend(_by_worth(value, fractions.get(row.type.code, ())))
        for row in self.proposed.leave:
            found[row.person_id].extend(_by_worth(replace(leave(row), approved=True), fractions.get(row.type.code, ())))
        return found

    def approvals(self, first: dt.date, last: dt.date) -> dict[int, list[Approval]]:
        """Return the approvals of overtime that count, by person."""
        found: dict[int, list[Approval]] = defaultdict(list)
        rows = models.OvertimeApproval.objects.filter(person__in=self.people, day__gte=first, day__lte=last)
        if self.known_until is not None:
            rows = rows.filter(at__lte=self.known_until)
        for number, person, day, at in rows.values_list("pk", "person_id", "day", "at"):
            turn = self.turns.get(("overtime", number))
            if turn is None or turn.counts:
                found[person].append(Approval(day, int(at.timestamp())))
        return found


def reader(
    people: Sequence[int], proposed: Proposal, *, revoked: Collection[int], known_until: dt.datetime | None = None
) -> Reader:
    """Return what reads the requests of these people; `revoked`: those of whom something was ever taken back."""
    return Reader(people, turns(revoked, known_until=known_until) | proposed.turns, proposed, known_until)


def _correction(
    row: models.CorrectionEntry, standing: tuple[bool, int], withdrawn: Iterable[tuple[bool, int]]
) -> Correction:
    """Return the value of a time. `withdrawn`: what became of the corrections that take it away."""
    counts = standing[0] and not any(is_gone for is_gone, _ in withdrawn)
    return Correction(
        at=int(row.at.timestamp()) if row.at else None,
        direction=Direction(row.direction) if row.direction else None,
        replaces=int(row.replaces.at.timestamp()) if row.replaces else None,
        state=CorrectionState.APPROVED if counts else CorrectionState.REVOKED,
        decided_at=max(at for _, at in (standing, *withdrawn)) or None,
        number=row.correction_id,
    )


def _by_worth(whole: Leave, fractions: Periods[float | None]) -> list[Leave]:
    """Cut a leave where its kind begins to be worth another share of a day."""
    if not fractions:
        return [whole]
    found = []
    before = ((periods.ALWAYS, None),) if fractions[0][0] > periods.ALWAYS else ()
    for since, until, fraction in periods.stretches((*before, *fractions)):
        first, last = max(whole.first, since), min(whole.last, until)
        if first <= last:
            worth = whole.paid_fraction if fraction is None else fraction
            found.append(replace(whole, first=first, last=last, paid_fraction=worth))
    return found


def leave(row: models.Leave) -> Leave:
    """Return the value of a leave; what it is worth is that of today."""
    return Leave(
        first=row.first,
        last=row.last,
        code=row.type.code,
        part=LeavePart(row.part),
        half_day=row.half_day,
        start=row.start,
        end=row.end,
        paid_fraction=row.type.paid_fraction,
        approved=row.state == models.State.APPROVED,
        recorded_at=int(row.decided_at.timestamp()) if row.decided_at else 0,
        at_work=row.type.at_work,
    )
