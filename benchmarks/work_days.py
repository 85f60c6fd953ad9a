"""Measures the rebuild of a year of work days for 1,000 people, rows read and days derived, on one core.

`python -m benchmarks.work_days` makes a database of its own in a temporary folder, with a year of check-ins: two on
most days, four on every fifth, some forgotten, a tenth of the people at night.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PEOPLE = 1_000
YEAR = 2026
LIMIT_SECONDS = 20.0


def measure(people: int = PEOPLE) -> dict[str, Any]:
    """Return the figures; Django has to be set up on a database that may be filled."""
    from attendance.workdays import facts

    check_ins = _fill(people)
    first, last = dt.date(YEAR, 1, 1), dt.date(YEAR, 12, 31)
    now = dt.datetime(YEAR + 1, 1, 10, tzinfo=dt.UTC)
    wall, spent = time.perf_counter(), time.process_time()
    days = present = worked = 0
    for _, found in facts.derive(facts.employed(first, last), first, last, now=now):
        days += len(found)
        present += sum(day.code == "P" for day in found)
        worked += sum(day.worked for day in found)
    return {
        "people": people,
        "check_ins": check_ins,
        "days": days,
        "present_days": present,
        "hours_worked": worked // 3600,
        "rebuild_cpu_seconds": round(time.process_time() - spent, 2),
        "rebuild_wall_seconds": round(time.perf_counter() - wall, 2),
        "limit_seconds": LIMIT_SECONDS,
    }


def _fill(people: int) -> int:
    from zoneinfo import ZoneInfo

    from django.db import transaction

    from attendance.core.models import SiteSettings
    from attendance.people.models import Department, Person
    from attendance.workdays.models import Assignment, Employment, Shift

    zone = ZoneInfo("Europe/Berlin")
    chance = random.Random(7)
    SiteSettings.objects.update_or_create(pk=1, defaults={"time_zone": zone.key})
    day = Shift.objects.create(
        name="Day", start=dt.time(8), end=dt.time(17), breaks="12:00-13:00", grace_late_minutes=5
    )
    night = Shift.objects.create(name="Night", start=dt.time(22), end=dt.time(6))
    joined = dt.datetime(YEAR, 1, 1, tzinfo=zone)
    departments = [Department.objects.create(name=f"Department {number}") for number in range(10)]
    made = Person.objects.bulk_create(
        Person(
            name=f"Person {number}", employee_number=str(number), department=departments[number % 10], created_at=joined
        )
        for number in range(people)
    )
    Employment.objects.bulk_create(Employment(person=person, joined=joined.date()) for person in made)
    Assignment.objects.bulk_create(
        [Assignment(shift=day if number else night, department=each) for number, each in enumerate(departments)]
    )
    with transaction.atomic():
        return sum(
            _fill_year(person, day if number % 10 else night, zone, chance) for number, person in enumerate(made)
        )


def _fill_year(person: Any, shift: Any, zone: dt.tzinfo, chance: random.Random) -> int:
    from attendance.checkins.models import CheckIn

    rows: list[dt.datetime] = []
    for offset in range(365):
        date = dt.date(YEAR, 1, 1) + dt.timedelta(days=offset)
        if date.weekday() > 4 or chance.random() < 0.04:
            continue
        rows.extend(punches(dt.datetime.combine(date, shift.start, tzinfo=zone), chance, splits=offset % 5 == 0))
    CheckIn.objects.bulk_create(
        CheckIn(person=person, at=at, direction="in", channel="kiosk", method="identify") for at in rows
    )
    return len(rows)


def punches(start: dt.datetime, chance: random.Random, *, splits: bool) -> list[dt.datetime]:
    """Return the check-ins of one day: two, four where it `splits`, or one where the out was forgotten."""
    came = start + dt.timedelta(minutes=chance.randint(-15, 20), seconds=chance.randint(0, 59))
    left = came + dt.timedelta(hours=8, minutes=chance.randint(0, 100))
    if chance.random() < 0.02:
        return [came]
    if splits:
        out = came + dt.timedelta(hours=3, minutes=chance.randint(0, 59))
        return [came, out, out + dt.timedelta(minutes=45), left]
    return [came, left]


def main() -> int:
    """Make the database, measure, print; 1 where the limit is broken."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MUSTER_VAR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        figures = measure(int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE)
    print(json.dumps(figures, indent=2))
    return int(figures["rebuild_cpu_seconds"] > LIMIT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
