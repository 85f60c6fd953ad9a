"""Corrections of times: a person asks, a manager decides with a reason; check-ins are never edited or deleted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, QuerySet

from attendance.checkins.models import CheckIn
from attendance.core import audit, clock
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import facts_log
from attendance.people.models import Person
from attendance.workdays import doors, facts
from attendance.workdays.facts import Facts
from attendance.workdays.models import Correction, CorrectionEntry, State, counting
from attendance.workdays.requests import decisions, outcomes, rivals
from attendance.workdays.requests.outcomes import Outcome, Recorded, key_of_entry, key_of_value
from timekeeping import door, requests
from timekeeping.requests import Asked, Code
from timekeeping.values import CorrectionState, Direction, Punch, Source
from timekeeping.work_day import WorkDay

_AROUND = dt.timedelta(days=2)


def request(
    person: Person,
    day: dt.date,
    *,
    asked: Sequence[Asked] = (),
    withdrawn: Sequence[Recorded] = (),
    reason: str,
    actor: User | None,
) -> Correction:
    """Ask for times to be counted, and for others (`withdrawn`) not to be counted.

    It is kept with the day on which its times count, whichever of two days around midnight was meant.

    Raises `reason_missing`, and what `preview` does.
    """
    if (asked or withdrawn) and not reason.strip():
        raise Refusal("reason_missing")
    outcome = preview(person, day, asked=asked, withdrawn=withdrawn)
    day, instants = outcome.counted_day, [time.at for time in outcome.times]
    with transaction.atomic():
        decisions.lock(person)
        if _is_asked(person, _named(instants, asked, withdrawn)):
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
                *(
                    CorrectionEntry(correction=correction, replaces=each)
                    if isinstance(each, CheckIn)
                    else CorrectionEntry(correction=correction, withdraws=each)
                    for each in withdrawn
                ),
            ]
        )
        audit.record(
            "workdays.request_correction", actor=actor, subject=f"person:{person.pk}", correction=correction.pk
        )
    return correction


def preview(
    person: Person, day: dt.date, *, asked: Sequence[Asked] = (), withdrawn: Sequence[Recorded] = ()
) -> Outcome:
    """Return what a correction would do, before it is asked for.

    Raises `nothing_asked`, `another_person`, `already_asked`, `entered_already`, `counts_on_no_day`, or a code of
    `timekeeping.requests`.
    """
    if not asked and not withdrawn:
        raise Refusal("nothing_asked")
    if any(_owner(each) != person.pk for each in withdrawn):
        raise Refusal("another_person")
    rivals.assure_none(person, day, asked=asked, withdrawn=withdrawn)
    instants = _judged(person, day, asked, withdrawn)
    if _is_asked(person, _named(instants, asked, withdrawn)):
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


def _owner(each: Recorded) -> int:
    return each.person_id if isinstance(each, CheckIn) else each.correction.person_id


def recorded(person: Person, day: dt.date, *, times: Sequence[dt.time], next_day: bool = False) -> list[Recorded]:
    """Return the check-ins and the times of corrections at these local times of a day, or else of the next one.

    Whoever checked in twice within a minute means both. Raises `not_recorded`.
    """
    given = facts.load_one(person, day - _AROUND, day + _AROUND)
    zone = ZoneInfo(given.roster.site.zone_on(day))
    numbers = [punch.number for punch in given.punches if punch.number is not None]
    standing: list[Recorded] = [*CheckIn.objects.filter(pk__in=numbers).order_by("at", "pk"), *_entries(given)]
    gone = {each.replaces for each in given.corrections if each.state is CorrectionState.APPROVED}
    at_minute: dict[dt.datetime, list[Recorded]] = {}
    for each in standing:
        if each.at is not None:
            local = each.at.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None)
            at_minute.setdefault(local, []).append(each)
    found: list[Recorded] = []
    for time in times:
        days = (day, day + facts_log.ONE_DAY) if next_day else (day,)
        at_once = next((same for each in days if (same := at_minute.get(dt.datetime.combine(each, time)))), None)
        if at_once is None:
            raise Refusal("not_recorded", time=f"{time:%H:%M}")
        found.extend([each for each in at_once if not _is_among(each, gone)] or at_once)
    return found


def _is_among(each: Recorded, gone: set[int | None]) -> bool:
    """Whether a check-in is one that a correction withdrew already; the correction's own time may be meant instead."""
    return isinstance(each, CheckIn) and int(each.at.timestamp()) in gone


def _entries(given: Facts) -> list[CorrectionEntry]:
    """Return the times of corrections that count."""
    standing = {key_of_value(each) for each in given.corrections if each.state is CorrectionState.APPROVED}
    rows = CorrectionEntry.objects.filter(correction__in={number for number, _, _ in standing}).exclude(at=None)
    return [row for row in rows.select_related("correction").order_by("at", "pk") if key_of_entry(row) in standing]


def _judged(person: Person, day: dt.date, asked: Sequence[Asked], withdrawn: Sequence[Recorded]) -> list[int]:
    given = facts.load_one(person, day - _AROUND, day + _AROUND)
    counting = [each for each in given.corrections if each.state is CorrectionState.APPROVED]
    gone = {each.pk for each in withdrawn if isinstance(each, CheckIn)} | {
        punch.number for punch in given.punches for each in counting if each.replaces == punch.at
    }
    without = {key_of_entry(each) for each in withdrawn if isinstance(each, CorrectionEntry)}
    around = range(_seconds(day - _AROUND), _seconds(day + _AROUND))
    known = [punch for punch in given.punches if punch.number not in gone and punch.at in around]
    known.extend(
        Punch(each.at, direction=each.direction, source=Source.CORRECTION, is_certain=each.direction is not None)
        for each in counting
        if each.at is not None and each.at in around and key_of_value(each) not in without
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


@dataclass(frozen=True, slots=True)
class Named:
    """What a request names: its moments with their directions, check-ins, and times of other corrections."""

    times: set[tuple[dt.datetime | None, str]]
    check_ins: set[int | None]
    entries: set[int | None]

    def is_named_by(self, rows: QuerySet[CorrectionEntry]) -> bool:
        """Whether one of the entries names any of it."""
        same = rows.filter(
            Q(at__in={at for at, _ in self.times}) | Q(replaces__in=self.check_ins) | Q(withdraws__in=self.entries)
        )
        return any(
            (at, direction) in self.times or replaces in self.check_ins or withdraws in self.entries
            for at, direction, replaces, withdraws in same.values_list("at", "direction", "replaces", "withdraws")
        )


def _named(instants: Sequence[int], asked: Sequence[Asked], withdrawn: Sequence[Recorded]) -> Named:
    return Named(
        {(_moment(at), each.direction.value) for at, each in zip(instants, asked, strict=True)},
        {each.pk for each in withdrawn if isinstance(each, CheckIn)},
        {each.pk for each in withdrawn if isinstance(each, CorrectionEntry)},
    )


def _is_asked(person: Person, named: Named) -> bool:
    return named.is_named_by(_entries_of(Correction.objects.filter(person=person, state=State.REQUESTED)))


def _entries_of(corrections: QuerySet[Correction]) -> QuerySet[CorrectionEntry]:
    return CorrectionEntry.objects.filter(correction__in=corrections.order_by().values("pk"))


def approve(correction: Correction, *, actor: User) -> Correction:
    """Let the times count from now on.

    Raises `not_your_department`, `already_decided`, `already_approved`, `entered_already`.
    """
    with transaction.atomic():
        row = decisions.approve(correction, day=correction.day, actor=actor, assure=assure_not_approved)
        first, last = days_touched(row)
        facts_log.append(facts_log.Kind.CORRECTION, row.person, first=first, last=last)
    return row


def reject(correction: Correction, *, decision: str, actor: User) -> Correction:
    """Say no, and why. Raises `reason_missing`, `not_your_department`, `already_decided`."""
    return decisions.reject(correction, day=correction.day, decision=decision, actor=actor)


def assure_not_approved(row: Correction) -> None:
    """Refuse what another request brought already: a time counts once, whoever asked for it twice."""
    entries = list(row.entries.all())
    named = Named(
        {(entry.at, entry.direction) for entry in entries if entry.at is not None},
        {entry.replaces_id for entry in entries} - {None},
        {entry.withdraws_id for entry in entries} - {None},
    )
    approved = counting(Correction.objects.filter(person=row.person).exclude(pk=row.pk))
    taken_away = _entries_of(approved).exclude(withdraws=None).values("withdraws")
    if named.is_named_by(_entries_of(approved).exclude(pk__in=taken_away)):
        raise Refusal("already_approved")
    rivals.assure_none_of_row(row)


def days_touched(row: Correction) -> tuple[dt.date, dt.date]:
    """Return the first and the last day on which an approved correction may change something."""
    days = [row.day]
    for entry in row.entries.select_related("replaces", "withdraws"):
        moments = (entry.at, entry.replaces.at if entry.replaces else None, _moment_withdrawn(entry))
        days.extend(moment.astimezone(dt.UTC).date() for moment in moments if moment is not None)
    return min(days) - facts_log.ONE_DAY, max(days) + facts_log.ONE_DAY


def _moment_withdrawn(entry: CorrectionEntry) -> dt.datetime | None:
    return entry.withdraws.at if entry.withdraws else None


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
