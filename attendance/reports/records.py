"""Check-ins as a list: one row each, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from attendance.checkins.models import Attempt, CheckIn
from attendance.people.models import Person
from attendance.reports import naming
from attendance.reports.period import Period
from attendance.reports.table import Cell, Column, Kind, Link, State, Table, Tone
from timekeeping.values import Direction

ORDERS = {"time": ("at", "pk"), "person": ("person__name", "at", "pk")}
METHODS = {
    Attempt.Method.IDENTIFY: "Face",
    Attempt.Method.VERIFY: "Face, number or account",
    Attempt.Method.PIN: "Number and PIN",
}
IN = State("In", Tone.GOOD, "in")
OUT = State("Out", Tone.PLAIN, "out")
VOID_REASONS = {"not_me": "taken back: not me", "other_direction": "taken back: other direction meant"}


def check_ins(
    period: Period,
    *,
    zone: ZoneInfo,
    people: QuerySet[Person] | None = None,
    device: int | None = None,
    sort: str = "-time",
) -> QuerySet[CheckIn]:
    """Return the check-ins of the period, those taken back too, ready to be paged."""
    start, end = period.bounds(zone)
    found = CheckIn.objects.filter(at__gte=start, at__lt=end)
    if people is not None:
        found = found.filter(person__in=people)
    if device is not None:
        found = found.filter(device=device)
    return found.select_related("person__department", "device").order_by(*order(sort, ORDERS, otherwise="-time"))


def order(sort: str, orders: Mapping[str, tuple[str, ...]], *, otherwise: str) -> list[str]:
    """Return the columns to sort by; `sort` is a name out of `orders`, with a minus for descending."""
    if sort.removeprefix("-") not in orders:
        sort = otherwise
    sign = "-" if sort.startswith("-") else ""
    return [f"{sign}{field}" for field in orders[sort.removeprefix("-")]]


def table(check_ins: Iterable[CheckIn], *, zone: ZoneInfo) -> Table:
    """Return check-ins as a table."""
    columns = (
        Column("Time", Kind.MOMENT, sort="time"),
        Column("Person", sort="person"),
        Column("Number"),
        Column("Department"),
        Column("Direction"),
        Column("Door"),
        Column("How"),
        Column("Note"),
    )
    return Table(title="Check-ins", columns=columns, rows=(_row(one) for one in check_ins), zone=zone)


def _row(check_in: CheckIn) -> tuple[Cell, ...]:
    person = check_in.person
    how = METHODS.get(Attempt.Method(check_in.method), check_in.method)
    return (
        check_in.at,
        Link(naming.shown(person), "person", person.pk),
        person.employee_number or "",
        person.department.name if person.department else "",
        IN if check_in.direction == Direction.IN else OUT,
        check_in.device.name if check_in.device else check_in.get_channel_display(),
        Link(how, "attempt", check_in.attempt_id) if check_in.attempt_id else how,
        State(VOID_REASONS.get(check_in.void_reason, "taken back"), Tone.WARN, "cross") if check_in.voided_at else None,
    )
