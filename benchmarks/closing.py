"""How long a check-in waits while a month is closed: 1,000 people, 12 closed months before it.

`python -m benchmarks.closing [--people N] [--months N]` fills a database of its own (SQLite in a temporary folder, or
the empty one that DATABASE_URL names), closes the months in order, and closes the last one while another process checks
people in, one after the other, by the rule that the doors use. The clock stands in the first hours of the next month,
when everybody is checking in and the last days of the month are still in reach of a late fact.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import time_machine

from benchmarks import work_days

ZONE = ZoneInfo("Europe/Berlin")
FIRST = dt.date(2025, 1, 1)
LIMIT_MILLISECONDS = 300.0
PAUSE_SECONDS = 0.02
"""Between two check-ins of the other process."""
QUIET_SECONDS = 10.0


def months(count: int) -> list[dt.date]:
    """Return the first days of so many months, and of the one that is closed while people check in."""
    return [dt.date(FIRST.year + number // 12, number % 12 + 1, 1) for number in range(count + 1)]


def fill(people: int, days: int) -> None:
    """Write people, shifts and their check-ins, each with its line in the log of facts."""
    from django.db import transaction

    from attendance.checkins.models import CheckIn
    from attendance.core.models import SiteSettings
    from attendance.people.models import Department, FactCounter, FactLine, Person
    from attendance.workdays.models import Assignment, Employment, Shift

    chance = random.Random(11)
    SiteSettings.objects.update_or_create(pk=1, defaults={"time_zone": ZONE.key})
    shift = Shift.objects.create(name="Day", start=dt.time(8), end=dt.time(17), breaks="12:00-13:00")
    department = Department.objects.create(name="Everybody")
    Assignment.objects.create(shift=shift, department=department)
    joined = dt.datetime.combine(FIRST, dt.time(), tzinfo=ZONE)
    made = Person.objects.bulk_create(
        Person(name=f"Person {number}", employee_number=str(number), department=department, created_at=joined)
        for number in range(people)
    )
    Employment.objects.bulk_create(Employment(person=person, joined=FIRST) for person in made)
    sequence = 0
    for offset in range(days):
        date = FIRST + dt.timedelta(days=offset)
        if date.weekday() > 4:
            continue
        start = dt.datetime.combine(date, shift.start, tzinfo=ZONE)
        pairs = [(person, at) for person in made for at in work_days.punches(start, chance, splits=offset % 5 == 0)]
        with transaction.atomic():
            CheckIn.objects.bulk_create(
                CheckIn(person=person, at=at, direction="in", channel="kiosk", method="identify")
                for person, at in pairs
            )
            one_day = dt.timedelta(days=1)
            FactLine.objects.bulk_create(
                FactLine(
                    sequence=sequence + number, kind="check_in", person=person,
                    first=date - one_day, last=date + one_day, recorded_at=at,
                )
                for number, (person, at) in enumerate(pairs, start=1)
            )  # fmt: skip
        sequence += len(pairs)
    FactCounter.objects.create(pk=1, value=sequence)


def check_in(stop: Path) -> None:
    """Check people in until the file is there; print each wait in milliseconds, with the moment it ended."""
    from attendance.checkins import attempts
    from attendance.checkins.models import Attempt
    from attendance.people.models import Person
    from attendance.recognition.identify import Identification
    from attendance.workdays import doors

    people = list(Person.objects.order_by("pk"))
    random.Random(3).shuffle(people)
    number = 0
    while not stop.exists():
        person = people[number % len(people)]
        number += 1
        started = time.perf_counter()
        attempts.record(
            Identification(answer="matched", person=person),
            channel=Attempt.Channel.KIOSK,
            method=Attempt.Method.PIN,
            context=doors.punch_context(person),
        )
        print(f"{time.monotonic():.4f} {(time.perf_counter() - started) * 1000:.2f}", flush=True)
        time.sleep(PAUSE_SECONDS)


def measure(people: int, count: int, folder: Path) -> dict[str, Any]:
    """Close the months, the last one while people check in; return the figures."""
    from django.db import connection

    from attendance.workdays.months import closing

    todo = months(count)
    ends = (todo[-1] + dt.timedelta(days=31)).replace(day=1)
    fill(people, (ends - FIRST).days)
    moment = dt.datetime.combine(ends, dt.time(6), tzinfo=ZONE)
    with time_machine.travel(moment, tick=True):
        before = time.perf_counter()
        for month in todo[:-1]:
            closing.close(month, actor=None, with_open_points=True)
        each = (time.perf_counter() - before) / count
        stop, waits = folder / "stop", folder / "waits"
        with waits.open("w") as to:
            arguments = [
                sys.executable,
                "-m",
                "benchmarks.closing",
                "--check-in",
                str(stop),
                "--at",
                moment.isoformat(),
            ]
            other = subprocess.Popen(arguments, stdout=to)
            try:
                while not waits.stat().st_size:
                    time.sleep(0.1)
                time.sleep(QUIET_SECONDS)
                began, started = time.monotonic(), time.perf_counter()
                closing.close(todo[-1], actor=None, with_open_points=True)
                ended, took = time.monotonic(), time.perf_counter() - started
            finally:
                stop.touch()
                other.wait(60)
    found = [tuple(map(float, line.split())) for line in waits.read_text().splitlines()]
    quiet = [wait for at, wait in found if at < began]
    during = [wait for at, wait in found if began <= at and at - wait / 1000 <= ended]
    return {
        "database": connection.vendor,
        "people": people,
        "closed_months_before": count,
        "closing_of_a_month_seconds": round(each, 1),
        "closing_with_check_ins_seconds": round(took, 1),
        "quiet": _figures(quiet),
        "while_closing": _figures(during),
        "limit_milliseconds": LIMIT_MILLISECONDS,
    }


def _figures(waits: list[float]) -> dict[str, float]:
    ordered = sorted(waits)
    return {
        "check_ins": len(ordered),
        "median": round(statistics.median(ordered), 1),
        "p95": round(ordered[int(len(ordered) * 0.95)], 1),
        "slowest": round(ordered[-1], 1),
    }


def main() -> int:
    """Make the database, measure, print; 1 where a check-in waited too long."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.closing", description=__doc__)
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--check-in", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--at", type=dt.datetime.fromisoformat, help=argparse.SUPPRESS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.check_in is None:
            os.environ["MUSTER_VAR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        import django
        from django.core.management import call_command

        django.setup()
        if given.check_in is not None:
            with time_machine.travel(given.at, tick=True):
                check_in(given.check_in)
            return 0
        call_command("migrate", verbosity=0)
        figures = measure(given.people, given.months, Path(folder))
    print(json.dumps(figures, indent=2))
    return int(figures["while_closing"]["slowest"] > LIMIT_MILLISECONDS)


if __name__ == "__main__":
    sys.exit(main())
