"""The result of each file of an import, one row a file; the exported file can be imported again."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from attendance.enrolment.models import UNDECIDED_CODES, Import, ImportRow
from attendance.reports.table import Cell, Column, State, Table, Tone

STATES = {
    ImportRow.State.WAITING: State("Waiting", Tone.PLAIN, "clock"),
    ImportRow.State.FED: State("In work", Tone.PLAIN, "clock"),
    ImportRow.State.READY: State("Ready", Tone.GOOD, "check"),
    ImportRow.State.REFUSED: State("Refused", Tone.BAD, "alert"),
    ImportRow.State.SKIPPED: State("Skipped", Tone.PLAIN, "cross"),
}
UNDECIDED = State("Waits for a decision", Tone.WARN, "question")
DECIDE = "decide"
"""In place of a state: rows whose photo waits for a decision."""
SHOWN = (("", "All"), *((state.value, words.text) for state, words in STATES.items()), (DECIDE, UNDECIDED.text))


def rows(batch: Import, *, state: str = "", text: str = "") -> QuerySet[ImportRow]:
    """Return the rows in the order of the files, ready to be paged."""
    found = batch.rows.order_by("position").select_related("person")
    if state == DECIDE:
        found = found.filter(code__in=UNDECIDED_CODES)
    elif state in ImportRow.State.values:
        found = found.filter(state=state).exclude(code__in=UNDECIDED_CODES)
    for word in text.split():
        found = found.filter(Q(filename__icontains=word) | Q(name__icontains=word) | Q(employee_number__icontains=word))
    return found


def shown_state(row: ImportRow) -> State:
    """Return the one state of a row: its verdict, or that somebody has to decide about the photo."""
    return UNDECIDED if row.is_undecided else STATES[ImportRow.State(row.state)]


def table(rows: Iterable[ImportRow], *, zone: ZoneInfo) -> Table:
    """Return the verdicts as a table, with the headings that an import reads."""
    columns = (
        Column("photo"),
        Column("employee_number"),
        Column("name"),
        Column("department"),
        Column("verdict"),
        Column("code"),
    )
    return Table(title="Import", columns=columns, rows=(_row(row) for row in rows), zone=zone)


def _row(row: ImportRow) -> tuple[Cell, ...]:
    verdict = shown_state(row)
    return (row.filename, row.employee_number, row.name, row.department, verdict, row.code)
