"""Lists of first and last days of many people, judged line by line before they are saved.

Another site than the one of today holds from today on. The list that is given out reads back as it is: then
every line is unchanged.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people import names, reading
from attendance.people.models import Person, Site
from attendance.workdays.models import Employment
from attendance.workdays.schedule import employment

DATE_FORMS = {"iso": "%Y-%m-%d", "dmy": "%d.%m.%Y", "slash": "%d/%m/%Y", "us": "%m/%d/%Y"}
"""Forms of dates; somebody says which, since 03/04 may be either."""
EARLIEST, LATEST = dt.date(1900, 1, 1), dt.date(2199, 12, 31)
"""Days that a calendar has on both sides, in lists and in forms; beyond lies a slip of the finger."""
LARGEST_BYTES = 2**20
SPREADSHEET = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How files of spreadsheet programs begin, the new ones and the old."""
COLUMNS = {
    **{field: reading.COLUMNS[field] for field in ("employee_number", "name")},
    "first_day": ("first_day", "first day", "joined", "from"),
    "last_day": ("last_day", "last day", "left", "to"),
    "site": ("site", "place", "location"),
}


class Verdict(enum.StrEnum):
    """What saving would do with a line."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it was written, what is to become of it, and why not (`code`)."""

    employee_number: str
    name: str
    first_day: str
    last_day: str
    site: str
    verdict: Verdict
    code: str = ""
    person: Person | None = None
    joined: dt.date | None = None
    left: dt.date | None = None
    place: Site | None = None


def judge(text: bytes, *, date_form: str) -> list[Line]:
    """Return every line with its verdict; nothing is saved.

    Raises `table_too_large`, `spreadsheet`, `table_without_number`, `table_invalid`, `table_without_days`.
    """
    if len(text) > LARGEST_BYTES:
        raise Refusal("table_too_large", limit_kilobytes=LARGEST_BYTES // 1024)
    if text.startswith(SPREADSHEET):
        raise Refusal("spreadsheet")
    found = list(reading.table_lines(text, COLUMNS))
    if not found:
        raise Refusal("table_without_days")
    known = _Known(found, DATE_FORMS[date_form])
    return [known.judged(line) for line in found]


class _Known:
    """What is known of the people of a list, read once."""

    def __init__(self, found: Sequence[dict[str, str]], form: str) -> None:
        numbers = {line["employee_number"] for line in found}
        self.form = form
        self.people = {person.employee_number: person for person in Person.objects.filter(employee_number__in=numbers)}
        self.rows = {row.person_id: row for row in Employment.objects.filter(person__in=self.people.values())}
        self.sites = {site.name.casefold(): site for site in Site.objects.all()}
        self.seen: set[str] = set()

    def judged(self, line: dict[str, str]) -> Line:
        """Return the line with its verdict."""
        person = self.people.get(line["employee_number"])
        written = Line(
            line["employee_number"], line["name"], line["first_day"], line["last_day"], line["site"],
            Verdict.REFUSED, person=person,
        )  # fmt: skip
        try:
            return self._compared(written)
        except Refusal as refusal:
            return replace(written, code=refusal.code)
        finally:
            self.seen.add(line["employee_number"])

    def _compared(self, line: Line) -> Line:
        if line.person is None:
            raise Refusal("number_unknown")
        if line.employee_number in self.seen:
            raise Refusal("line_twice")
        if line.name and not names.may_be_one(line.person.name, line.name):
            raise Refusal("name_differs")
        joined, left = _day(line.first_day, self.form), _day(line.last_day, self.form)
        place, row = _site(line.site, self.sites), self.rows.get(line.person.pk)
        if joined is None:
            if row is not None or left is not None or place is not None:
                raise Refusal("first_day_missing")
            return replace(line, verdict=Verdict.UNCHANGED)
        if left is not None and left < joined:
            raise Refusal("period_invalid")
        verdict = Verdict.NEW
        if row is not None:
            same = (row.joined, row.left, row.site_id) == (joined, left, place.pk if place else None)
            verdict = Verdict.UNCHANGED if same else Verdict.CHANGED
        return replace(line, verdict=verdict, joined=joined, left=left, place=place)


def _day(text: str, form: str) -> dt.date | None:
    if not text:
        return None
    try:
        found = dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC).date()
    except ValueError as error:
        raise Refusal("day_unreadable") from error
    if not EARLIEST <= found <= LATEST:
        raise Refusal("day_unreadable")
    return found


def _site(text: str, sites: dict[str, Site]) -> Site | None:
    if not text:
        return None
    if text.casefold() not in sites:
        raise Refusal("site_unknown")
    return sites[text.casefold()]


def save(lines: Sequence[Line], *, actor: User | None) -> int:
    """Keep what is new or changed, all of it or nothing; return how many lines that were."""
    kept = 0
    people = [line.person.pk for line in lines if line.person is not None]
    with transaction.atomic():
        # all rows before the log of facts, in the order of check-ins: one line must not wait for a person's row while
        # the line before it holds the log
        list(Person.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk").values_list("pk"))
        for line in lines:
            if line.verdict in {Verdict.NEW, Verdict.CHANGED} and line.person is not None and line.joined is not None:
                employment.employ(line.person, joined=line.joined, left=line.left, site=line.place, actor=actor)
                kept += 1
    return kept
