"""Every figure that Muster shows of a state folder, as JSON on standard output.

`MUSTER_VAR=folder python -m tests.upgrades.figures` reads the folder that holds `tests/fixtures/state_2026_11`. This is
the one file of these tests that imports the project: whoever renames a module or a page changes it here, and leaves
the names of the figures as they are.

What is 0, empty or nothing is left out of days and totals, so that a value that is added later is no difference.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import sys
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

import pypdf  # noqa: E402
from django.apps import apps  # noqa: E402
from django.contrib.auth.models import Group  # noqa: E402
from django.db.models import Model  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from attendance.checkins.models import Device  # noqa: E402
from attendance.core import audit, clock  # noqa: E402
from attendance.core.models import User  # noqa: E402
from attendance.people.models import Person, ReferenceImage  # noqa: E402
from attendance.recognition.models import ReferenceEmbedding  # noqa: E402
from attendance.reports import month  # noqa: E402
from attendance.reports.month import Identity, Month, PersonMonth  # noqa: E402
from attendance.workdays.models import Adjustment, ClosedMonth, MonthClosing, PayrollTemplate  # noqa: E402
from attendance.workdays.months import adjustments  # noqa: E402

NOW = dt.datetime(2026, 11, 3, 8, 30, tzinfo=dt.UTC)
"""When the state was left; open days are judged as of then."""
MONTHS = [dt.date(2026, number, 1) for number in (7, 8, 9, 10, 11)]
SHEETS: dict[str, tuple[str, dict[str, str]]] = {
    "muster roll": ("muster_roll", {}),
    "muster roll by shift": ("muster_roll", {"rows": "shift"}),
    "late and missing": ("late", {}),
    "departments": ("departments", {}),
    "overtime": ("overtime", {}),
    "present by hour": ("by_hour", {}),
}
"""Name of a sheet -> the page that makes it."""
BESIDE = {"why", "rules"}
"""What a stored day says beside its figures; kept as one checksum."""


def figures() -> dict[str, Any]:
    """Return every figure, by what it is about."""
    rows = _rows()  # before anybody signs in
    client = Client(HTTP_HOST="localhost")
    client.force_login(User.objects.get(username="hr"))
    return {
        "rows": rows,
        "audit": {"intact": audit.verify().intact, "lines": audit.verify().lines},
        "photos": _photos(),
        "doors": {device.name: f"{device.last_seen_at:%Y-%m-%d %H:%M}" for device in Device.objects.all()},
        "closings": {f"{row.month:%Y-%m}": _closing(row, client) for row in MonthClosing.objects.order_by("month")},
        "months": {f"{first:%Y-%m}": _month(month.month(first), client) for first in MONTHS},
    }


def _rows() -> dict[str, int]:
    """Return how many rows each table has."""
    models: list[type[Model]] = [*apps.get_app_config("attendance").get_models(include_auto_created=True), Group]
    return {model._meta.db_table: model._default_manager.count() for model in models}


def _photos() -> dict[str, Any]:
    """Return what became of each photo: its file, its state, its vector."""
    found = {}
    for row in ReferenceEmbedding.objects.select_related("reference__person"):
        reference: ReferenceImage = row.reference
        with reference.file.open() as file:
            is_whole = hashlib.sha256(file.read()).hexdigest() == reference.sha256
        found[_number(reference.person)] = {
            "file_is_whole": is_whole,
            "status": row.status,
            "code": row.code,
            "vector": _digest(bytes(row.vector)) if row.vector is not None else "",
            "aligned": _digest(bytes(row.aligned)) if row.aligned is not None else "",
        }
    return found


def _number(person: Person | Identity) -> str:
    return person.employee_number or f"erased {person.pk}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- closed months


def _closing(row: MonthClosing, client: Client) -> dict[str, Any]:
    """Return what a closing holds: checksum, adjustments, payroll files, and the late facts that nobody has paid."""
    carried = Adjustment.objects.filter(closing=row).select_related("person").order_by("person", "month")
    waiting = [each for each in adjustments.find(MONTHS[-1]) if each.month == row.month]
    return {
        "sha256": row.sha256,
        "closed_at": row.closed_at.isoformat(),
        "closed_by": str(row.closed_by),
        "rule_version": row.rule_version,
        "codes": {each["code"]: _said(each) for each in row.codes},
        "adjustments": dict(_differences(changed for each in carried for changed in _days(each))),
        "waiting": dict(_differences(changed for each in waiting for changed in _days(each))),
        "payroll": _payroll(row, client),
        "explanations": {
            _number(each.person): _digest(json.dumps([day["why"] for day in each.days]).encode())
            for each in ClosedMonth.objects.filter(closing=row).select_related("person")
        },
    }


Changed = tuple[Person, dt.date, dict[str, Any], dict[str, Any]]


def _days(row: Adjustment) -> Iterator[Changed]:
    for each in row.days:
        yield row.person, dt.date.fromisoformat(each["day"]), each["before"], each["after"]


def _differences(found: Iterable[Changed]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield person and day -> what the day was and what it is, of the figures that differ."""
    for person, day, before, after in found:
        names = [name for name in before if name not in BESIDE and before[name] != after.get(name)]
        yield f"{_number(person)} {day}", {name: [before[name], after.get(name)] for name in names}


def _payroll(row: MonthClosing, client: Client) -> dict[str, list[str]]:
    names = ["", *PayrollTemplate.objects.order_by("name").values_list("name", flat=True)]
    wanted = {"month": f"{row.month:%Y-%m}"}
    return {
        name or "(no template)": _lines(client, "payroll_file", {**wanted, "template": name} if name else wanted)
        for name in names
    }


# --- months


def _month(of: Month, client: Client) -> dict[str, Any]:
    people = list(month.read(of, month.people(of)))
    found: dict[str, Any] = {
        "state": "closed" if of.closing else "open",
        "people": {_number(each.person): _person(each) for each in people},
        "sheets": {name: _lines(client, page, {**more, "month": of.name}) for name, (page, more) in SHEETS.items()},
        "person months": {
            _number(each.person): _lines(client, "person_month", {"month": of.name}, each.person.pk) for each in people
        },
        "check-ins": _lines(client, "check_ins", {"first": str(of.first), "last": str(of.last), "sort": "time"}),
    }
    if of.closing:
        found["files"] = dict(_files(of, people, client))
    return found


def _person(each: PersonMonth) -> dict[str, Any]:
    return {
        "name": each.person.name,
        "department": each.person.department,
        "totals": _said(each.totals),
        "days": {day["day"]: _said(day) for day in each.days},
    }


def _said(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out what says nothing: 0, empty, none; and the explanation, which is text."""
    return {name: value for name, value in sorted(values.items()) if value and name not in {*BESIDE, "day"}}


def _files(of: Month, people: list[PersonMonth], client: Client) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each spreadsheet and PDF of a month as checksums: of what it holds, and of its bytes.

    `bytes` follow from the libraries that compress, too; they are kept as a record and not compared.
    """
    pages: list[tuple[str, str, dict[str, str], int | None]]
    pages = [(name, page, more, None) for name, (page, more) in SHEETS.items()]
    pages += [(f"month of {_number(each.person)}", "person_month", {}, each.person.pk) for each in people]
    for name, page, more, key in pages:
        for form, contents in (("xlsx", _contents_of_xlsx), ("pdf", _contents_of_pdf)):
            data = _get(client, page, {**more, "month": of.name, "format": form}, key)
            yield f"{name}.{form}", {"contents": _digest(contents(data)), "bytes": _digest(data)}


def _contents_of_xlsx(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return b"".join(name.encode() + book.read(name) for name in sorted(book.namelist()))


def _contents_of_pdf(data: bytes) -> bytes:
    pages = pypdf.PdfReader(io.BytesIO(data)).pages
    return b"".join(contents.get_data() for page in pages if (contents := page.get_contents()) is not None)


def _lines(client: Client, page: str, query: dict[str, str], key: int | None = None) -> list[str]:
    return _get(client, page, {"format": "csv", **query}, key).decode("utf-8").splitlines()


def _get(client: Client, page: str, query: dict[str, str], key: int | None = None) -> bytes:
    answer = client.get(reverse(page, args=[] if key is None else [key]), query)
    assert answer.status_code == 200, (page, query, answer.status_code)
    return b"".join(answer) if answer.streaming else answer.content


# --- writing


LONGEST_LINE = 700
"""Characters; a day is a line."""


def written(value: Any, indent: str = "") -> str:
    """Return JSON whose lines are few and can be compared by eye: what fits into a line is one."""
    flat = json.dumps(value, ensure_ascii=False)
    if not value or not isinstance(value, dict | list) or (isinstance(value, dict) and len(flat) <= LONGEST_LINE):
        return flat
    more = indent + " "
    if isinstance(value, dict):
        rows = [f"{more}{json.dumps(name, ensure_ascii=False)}: {written(each, more)}" for name, each in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    return "[\n" + ",\n".join(more + written(each, more) for each in value) + f"\n{indent}]"


if __name__ == "__main__":
    with clock.stopped_at(NOW):
        sys.stdout.write(written(figures()) + "\n")
