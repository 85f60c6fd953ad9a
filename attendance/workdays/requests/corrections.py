"""Corrections of times: a person asks, a manager decides with a reason; check-ins are never edited or deleted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from attendance.checkins.models import CheckIn
from attendance.core import audit, clock
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import facts_log
from attendance.people.models import Person
from attendance.workdays import doors, facts
from attendance.workdays.models import Correction, CorrectionEntry, State
from attendance.workdays.requests import decisions, outcomes, scopes
from attendance.workdays.requests.outcomes import Outcome
from timekeeping import door, requests
from timekeeping.requests import Asked, Code
from timekeeping.values import Direction, Punch, Source
from timekeeping.work_day import WorkDay

_AROUND = dt.timedelta(days=2)


def request(
    person: Person,
    day: dt.date,
    *,
    asked: Sequence[Asked] = (),
    withdrawn: Sequence[CheckIn] = (),
    reason: str,
    actor: User | None,
) -> Correction:
    """Ask for times to be counted, and for check-ins (`withdrawn`) not to be counted.

    It is kept with the day on which its times count, whichever of two days around midnight was meant.

    Raises `reason_missing`, and what `preview` does.
    """
    if (asked or withdrawn) and not reason.strip():
        raise Refusal("reason_missing")
    outcome = preview(person, day, asked=asked, withdrawn=withdrawn)
    day, instants = outcome.counted_day, [time.at for time in outcome.times]
    with transaction.atomic():
        decisions.lock(person)
        if _is_asked(person, _times(instants, asked), withdrawn):
            raise Refusal("already_asked")
        correction = Correction.objects.create(
            person=person, day=day, reason=reason.strip()[:500], requested_at=clock.now(), requested_by=actor
        )
        CorrectionEntry.objects.bulk_create(
            [
                *(
                    CorrectionEntry(correction=correction, at=_moment(at), direction=each.direction.value)
                    for at, each in zip(instants, asked, strict=True)
                ),
                *(CorrectionEntry(correction=correction, replaces=check_in) for check_in in withdrawn),
            ]
        )
        audit.record(
            "workdays.request_correction", actor=actor, subject=f"person:{person.pk}", correction=correction.pk
        )
    return correction


def preview(person: Person, day: dt.date, *, asked: Sequence[Asked] = (), withdrawn: Sequence[CheckIn] = ()) -> Outcome:
    """Return what a correction would do, before it is asked for.

    Raises `nothing_asked`, `another_person`, `already_asked`, `counts_on_no_day`, or a code of `timekeeping.requests`.
    """
    if not asked and not withdrawn:
        raise Refusal("nothing_asked")
    if any(check_in.person_id != person.pk for check_in in withdrawn):
        raise Refusal("another_person")
    instants = _judged(person, day, asked, withdrawn)
    if _is_asked(person, _times(instants, asked), withdrawn):
        raise Refusal("already_asked")
    times = [(at, each.direction) for at, each in zip(instants, asked, strict=True)]
    outcome = outcomes.find(person, day, times=times, withdrawn=withdrawn)
    lost = outcome.uncounted
    if lost is not None:
        local = asked[outcome.times.index(lost)].local
        raise Refusal(
            "counts_on_no_day", direction=lost.direction.value, time=f"{local:%H:%M}", day=f"{local:%Y-%m-%d}"
        )
    return outcome


def recorded(person: Person, day: dt.date, *, times: Sequence[dt.time], next_day: bool = False) -> list[CheckIn]:
    """Return the check-ins of these local times of a day, or else of the next one. Raises `not_recorded`.

    Whoever checked in twice within a minute means both.
    """
    given = facts.load_one(person, day - _AROUND, day + _AROUND)
    zone = ZoneInfo(given.roster.site.zone_on(day))
    numbers: dict[dt.datetime, list[int]] = {}
    for punch in given.punches:
        if punch.number is None:
            continue
        local = _moment(punch.at).astimezone(zone).replace(second=0, tzinfo=None)
        numbers.setdefault(local, []).append(punch.number)
    found: list[int] = []
    for time in times:
        days = (day, day + facts_log.ONE_DAY) if next_day else (day,)
        at_once = next((same for each in days if (same := numbers.get(dt.datetime.combine(each, time)))), None)
        if at_once is None:
            raise Refusal("not_recorded", time=f"{time:%H:%M}")
        found.extend(at_once)
    return list(CheckIn.objects.filter(pk__in=found).order_by("at", "pk"))


def _judged(person: Person, day: dt.date, asked: Sequence[Asked], withdrawn: Sequence[CheckIn]) -> list[int]:
    given = facts.load_one(person, day - _AROUND, day + _AROUND)
    gone = {check_in.pk for check_in in withdrawn} | {
        punch.number for punch in given.punches for each in given.corrections if each.replaces == punch.at
    }
    around = range(_seconds(day - _AROUND), _seconds(day + _AROUND))
    known = [punch for punch in given.punches if punch.number not in gone and punch.at in around]
    known.extend(
        Punch(each.at, direction=each.direction, source=Source.CORRECTION, is_certain=each.direction is not None)
        for each in given.corrections
        if each.at is not None and each.at in around
    )
    answer = requests.judge(
        asked, punches=known, roster=given.roster, now=int(clock.now().timestamp()), withdraws=bool(withdrawn)
    )
    if isinstance(answer, Code):
        raise Refusal(answer.value)
    return answer


def _seconds(day: dt.date) -> int:
    return int(dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC).timestamp())


def _moment(at: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(at, dt.UTC)


Times = set[tuple[dt.datetime, str]]
"""Moments and directions of a request."""


def _times(instants: Sequence[int], asked: Sequence[Asked]) -> Times:
    return {(_moment(at), each.direction.value) for at, each in zip(instants, asked, strict=True)}


def _is_asked(person: Person, times: Times, withdrawn: Sequence[CheckIn]) -> bool:
    return _names_any(person, State.REQUESTED, times, {check_in.pk for check_in in withdrawn})


def _names_any(person: Person, state: State, times: Times, gone: set[int], *, but: int | None = None) -> bool:
    """Whether another correction in that state names one of the times, or withdraws one of the check-ins."""
    rows = CorrectionEntry.objects.filter(correction__person=person, correction__state=state).exclude(correction=but)
    same = rows.filter(Q(at__in={at for at, _ in times}) | Q(replaces__in=gone))
    return any(
        (at, direction) in times or replaces in gone
        for at, direction, replaces in same.values_list("at", "direction", "replaces")
    )


def approve(correction: Correction, *, actor: User) -> Correction:
    """Let the times count from now on. Raises `not_your_department`, `already_decided`, `already_approved`."""
    with transaction.atomic():
        row = decisions.approve(correction, day=correction.day, actor=actor, assure=_assure_not_approved)
        first, last = _days_touched(row)
        facts_log.append(facts_log.Kind.CORRECTION, row.person, first=first, last=last)
    return row


def reject(correction: Correction, *, decision: str, actor: User) -> Correction:
    """Say no, and why. Raises `reason_missing`, `not_your_department`, `already_decided`."""
    return decisions.reject(correction, day=correction.day, decision=decision, actor=actor)


def _assure_not_approved(row: Correction) -> None:
    """Refuse what another request brought already: a time counts once, whoever asked for it twice."""
    entries = list(row.entries.all())
    times = {(entry.at, entry.direction) for entry in entries if entry.at is not None}
    gone = {entry.replaces_id for entry in entries if entry.replaces_id is not None}
    if _names_any(row.person, State.APPROVED, times, gone, but=row.pk):
        raise Refusal("already_approved")


def _days_touched(row: Correction) -> tuple[dt.date, dt.date]:
    """Return the first and the last day on which an approved correction may change something."""
    days = [row.day]
    for entry in row.entries.select_related("replaces"):
        moments = (entry.at, entry.replaces.at if entry.replaces else None)
        days.extend(moment.astimezone(dt.UTC).date() for moment in moments if moment is not None)
    return min(days) - facts_log.ONE_DAY, max(days) + facts_log.ONE_DAY


def undo(correction: Correction, *, actor: User) -> None:
    """Let an approved request not count any more. Raises `not_your_department`, `not_approved`."""
    scopes.scope(actor).assure_decidable(correction.person, correction.day)
    with transaction.atomic():
        decisions.lock(correction.person)
        row = Correction.objects.select_for_update().get(pk=correction.pk)
        if row.state != State.APPROVED:
            raise Refusal("not_approved")
        row.state, row.decided_at, row.decided_by = State.WITHDRAWN, clock.now(), actor
        row.save(update_fields=["state", "decided_at", "decided_by"])
        audit.record(
            "workdays.undo_correction", actor=actor, subject=f"person:{row.person_id}", correction=correction.pk
        )
        first, last = _days_touched(row)
        facts_log.append(facts_log.Kind.CORRECTION, row.person, first=first, last=last)


def withdraw(correction: Correction, *, actor: User | None) -> None:
    """Take a request back that nobody has decided yet."""
    with transaction.atomic():
        changed = Correction.objects.filter(pk=correction.pk, state=State.REQUESTED).update(state=State.WITHDRAWN)
        if not changed:
            raise Refusal("already_decided")
        audit.record(
            "workdays.withdraw_correction",
            actor=actor,
            subject=f"person:{correction.person_id}",
            correction=correction.pk,
        )


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A work day whose out is missing and for which nobody has asked yet; `suggested`: the plan's end, local."""

    day: WorkDay
    since: dt.datetime
    suggested: dt.datetime | None


def forgotten_out(person: Person, *, now: dt.datetime | None = None) -> Forgotten | None:
    """Return what the door asks about in the morning; None where nothing is missing or a request is waiting."""
    moment = now or clock.now()
    given = facts.load_one(person, *doors.around(moment))
    context = doors.context_of(given, rules=given.rules, watermark=None)
    shown = door.screen(int(moment.timestamp()), punches=given.punches, context=context)
    day = shown.forgotten
    if day is None or Correction.objects.filter(person=person, day=day.day, state=State.REQUESTED).exists():
        return None
    timeline = day.timeline
    open_in = next(part.pairing.open_in for part in day.parts if part.pairing.open_in is not None)
    ends = [part.planned[-1][1] for part in day.parts if part.planned and part.planned[-1][1] > open_in]
    return Forgotten(day, _moment(timeline.instant(open_in)), timeline.local(ends[-1]) if ends else None)


def answer_forgotten_out(
    person: Person, *, left_at: dt.datetime, reason: str = "asked at the door", actor: User | None = None
) -> Correction:
    """Turn the answer at the door (a local time, without zone) into a request: never into an invented time."""
    forgotten = forgotten_out(person)
    if forgotten is None:
        raise Refusal("nothing_forgotten")
    asked = Asked(left_at, Direction.OUT)
    return request(person, forgotten.day.day, asked=[asked], reason=reason, actor=actor)
