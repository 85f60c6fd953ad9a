"""Attempts to be recognized, with their results; also those that ended in no check-in."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from attendance.checkins import doubt
from attendance.checkins.models import Attempt
from attendance.people.models import Person
from attendance.recognition.models import ReferenceEmbedding
from attendance.reports import naming, records
from attendance.reports.period import Period
from attendance.reports.table import Cell, Column, Kind, Link, State, Table, Tone

ORDERS = {"time": ("at", "pk"), "distance": ("distance", "pk")}
LOOK = "look"
"""In place of one answer: matched attempts that are marked for a look."""
UNMATCHED = "unmatched"
"""In place of one answer: every attempt that ended in no check-in."""
ANSWERS = {
    Attempt.Answer.MATCHED: State("Matched", Tone.GOOD, "check"),
    Attempt.Answer.AMBIGUOUS: State("Ambiguous", Tone.WARN, "question"),
    Attempt.Answer.UNKNOWN: State("Unknown", Tone.WARN, "cross"),
    Attempt.Answer.REFUSED: State("Refused", Tone.BAD, "alert"),
}


def attempts(
    period: Period,
    *,
    zone: ZoneInfo,
    people: QuerySet[Person] | None = None,
    answer: str = "",
    device: int | None = None,
    sort: str = "-time",
) -> QuerySet[Attempt]:
    """Return the attempts of the period, ready to be paged; the pictures stay in the database."""
    start, end = period.bounds(zone)
    found = Attempt.objects.filter(at__gte=start, at__lt=end)
    if people is not None:
        found = found.filter(person__in=people)
    if answer == UNMATCHED:
        found = found.exclude(answer=Attempt.Answer.MATCHED)
    elif answer == LOOK:
        found = found.filter(answer=Attempt.Answer.MATCHED, code=doubt.WITHOUT_PIN)
    elif answer:
        found = found.filter(answer=answer)
    if device is not None:
        found = found.filter(device=device)
    ordered = found.order_by(*records.order(sort, ORDERS, otherwise="-time"))
    return ordered.select_related("person", "runner_up", "device", "user").defer("aligned", "facts", "quality")


def table(attempts: Iterable[Attempt], *, zone: ZoneInfo) -> Table:
    """Return attempts as a table."""
    columns = (
        Column("Time", Kind.MOMENT, sort="time"),
        Column("Answer"),
        Column("Person"),
        Column("Distance", Kind.DISTANCE, sort="distance"),
        Column("Threshold", Kind.DISTANCE),
        Column("Runner-up"),
        Column("Its distance", Kind.DISTANCE),
        Column("Searched", Kind.COUNT),
        Column("Door"),
        Column("How"),
        Column("Reason"),
    )
    return Table(title="Attempts", columns=columns, rows=(_row(one) for one in attempts), zone=zone)


def _row(attempt: Attempt) -> tuple[Cell, ...]:
    runner_up = attempt.runner_up
    return (
        attempt.at,
        ANSWERS[Attempt.Answer(attempt.answer)],
        Link(naming.shown(attempt.person), "person", attempt.person.pk) if attempt.person else None,
        attempt.distance,
        attempt.threshold,
        Link(naming.shown(runner_up), "person", runner_up.pk) if runner_up else None,
        attempt.runner_up_distance,
        attempt.comparisons,
        attempt.device.name if attempt.device else attempt.get_channel_display(),
        records.METHODS.get(Attempt.Method(attempt.method), attempt.method),
        attempt.code,
    )


def reference_embedding(attempt: Attempt) -> ReferenceEmbedding | None:
    """Return what the attempt was compared with: the reference as the same encoder saw it."""
    if attempt.reference_id is None or attempt.encoder_id is None:
        return None
    found = ReferenceEmbedding.objects.filter(reference=attempt.reference_id, encoder=attempt.encoder_id)
    return found.select_related("reference__person").first()
