"""Response time of every page over 100,000 check-ins: `python -m benchmarks.pages [--people N] [--days N]`.

It fills a database of its own in a temporary folder: a year of 200 people by default, two check-ins on most days and
four on every fifth, each with its attempt, and pending corrections and leave. Each page is requested through all of
Django, middleware and template included, as an administrator; the median of several answers is reported.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import json
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks import work_days

LIMIT_MILLISECONDS = 300.0
PEOPLE = 200
DAYS = 365
ROUNDS = 9


def addresses(person: int, attempt: int, month: str, last_month: str) -> dict[str, str]:
    """Return every page that reads from check-ins, people or plans."""
    return {
        "today": "/",
        "check-ins, today": "/check-ins/",
        "check-ins, a year": f"/check-ins/?first={int(month[:4]) - 1}-{month[5:]}-15",
        "check-ins, search": "/check-ins/?q=person+17",
        "day list, today": "/check-ins/days/",
        "day list, a month": f"/check-ins/days/?first={last_month}-01&last={last_month}-28",
        "who is in": "/check-ins/in/",
        "attempts": "/attempts/",
        "attempts, a month": f"/attempts/?first={last_month}-01&last={last_month}-28",
        "attempt": f"/attempts/{attempt}/",
        "people": "/people/",
        "people, search": "/people/?q=17",
        "person": f"/people/{person}/",
        "my month": f"/my-month/?month={month}",
        "person's month": f"/people/{person}/month/?month={last_month}",
        "muster roll": f"/months/?month={month}",
        "muster roll, last month": f"/months/?month={last_month}",
        "late and missing": f"/months/late/?month={last_month}",
        "departments": f"/months/departments/?month={month}",
        "departments, last month": f"/months/departments/?month={last_month}",
        "overtime": f"/months/overtime/?month={last_month}",
        "by hour": f"/months/by-hour/?month={month}",
        "by hour, last month": f"/months/by-hour/?month={last_month}",
        "requests": "/requests/",
        "planning": "/planning/",
        "holidays": "/planning/holidays/",
        "staff": "/planning/staff/",
        "sites": "/planning/sites/",
        "overtime to approve": f"/requests/overtime/?month={last_month}",
        "payroll": "/payroll/",
        "payroll template": "/payroll/templates/new/",
        "imports": "/people/import/",
        "doors": "/devices/",
        "settings": "/settings/",
    }


def measure(people: int = PEOPLE, days: int = DAYS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Return the figures; Django has to be set up on a database that may be filled."""
    from django.test import Client

    from attendance.checkins.models import Attempt, CheckIn
    from attendance.core import clock
    from attendance.core.models import User
    from attendance.people.models import Person
    from config import wsgi

    today = clock.now().date()
    user = User.objects.filter(username="bench").first() or _fill(people, days, today)
    last_month = today.replace(day=1) - dt.timedelta(days=1)
    attempt = Attempt.objects.latest("at").pk
    person = Person.objects.order_by("pk")[17].pk
    client = Client(headers={"host": "localhost"})
    client.force_login(user)
    wsgi.warm()  # as the web server does before it forks (config/gunicorn.py)
    gc.collect()
    gc.freeze()
    pages: dict[str, dict[str, Any]] = {}
    for name, address in addresses(person, attempt, f"{today:%Y-%m}", f"{last_month:%Y-%m}").items():
        pages[name] = _timed(client, address, rounds)
        page = pages[name]
        print(f"| {name} | {page['median_ms']} | {page['longest_ms']} | {page['processor_ms']} |", flush=True)
    return {
        "people": people,
        "check_ins": CheckIn.objects.count(),
        "attempts": Attempt.objects.count(),
        "limit_ms": LIMIT_MILLISECONDS,
        "pages": pages,
        "slowest": max(pages, key=lambda name: float(pages[name]["median_ms"])),
    }


def _timed(client: Any, address: str, rounds: int) -> dict[str, Any]:
    spent, busy, body = [], [], b""
    for _ in range(rounds):
        begun, worked = time.perf_counter(), time.process_time()
        answer = client.get(address)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        spent.append(1000 * (time.perf_counter() - begun))
        busy.append(1000 * (time.process_time() - worked))
        if answer.status_code != 200 or not body:
            raise RuntimeError(f"{address} answered {answer.status_code}")
    return {
        "address": address,
        "first_ms": round(spent[0], 1),
        "median_ms": round(statistics.median(spent), 1),
        "longest_ms": round(max(spent), 1),
        "processor_ms": round(statistics.median(busy), 1),
        "kilobytes": round(len(body) / 1024),
    }


def _fill(people: int, days: int, today: dt.date) -> Any:
    """Write the organisation; return its administrator, who is one of its people too."""
    from django.db import transaction

    from attendance.core import clock, permissions
    from attendance.core.models import SiteSettings, User
    from attendance.people.models import Department, Person
    from attendance.workdays.models import Assignment, DepartmentManager, Employment, Shift

    zone = ZoneInfo("Europe/Berlin")
    chance = random.Random(11)
    first = today - dt.timedelta(days=days)
    dates = [first + dt.timedelta(days=offset) for offset in range(days + 1)]
    with transaction.atomic():
        SiteSettings.objects.update_or_create(pk=1, defaults={"time_zone": zone.key})
        permissions.assure_roles()
        user = User.objects.create(username="bench", is_staff=True, is_superuser=True)
        shifts = [
            Shift.objects.create(
                name="Day", start=dt.time(8), end=dt.time(17), breaks="12:00-13:00", grace_late_minutes=5
            ),
            Shift.objects.create(name="Night", start=dt.time(22), end=dt.time(6)),
        ]
        joined = dt.datetime.combine(first, dt.time(), tzinfo=zone)
        departments = [Department.objects.create(name=f"Department {number}") for number in range(10)]
        Assignment.objects.bulk_create(
            Assignment(shift=shifts[0 if number else 1], department=each) for number, each in enumerate(departments)
        )
        DepartmentManager.objects.create(department=departments[0], user=user)
        made = Person.objects.bulk_create(
            Person(
                name=f"Person {number}",
                employee_number=str(number),
                department=departments[number % 10],
                created_at=joined,
                user=user if number == 17 else None,
            )
            for number in range(people)
        )
        Employment.objects.bulk_create(Employment(person=person, joined=first) for person in made)
        for number, person in enumerate(made):
            _live(person, shifts[0 if number % 10 else 1].start, dates, zone, chance)
        _ask(made, today, clock.now())
    return user


def _live(person: Any, start: dt.time, dates: list[dt.date], zone: ZoneInfo, chance: random.Random) -> None:
    """Write one person's check-ins up to now, each with the attempt that it came from."""
    from attendance.checkins.models import Attempt, CheckIn
    from attendance.core import clock

    now = clock.now()
    moments: list[tuple[dt.datetime, str]] = []
    for offset, date in enumerate(dates):
        if date.weekday() > 4 or chance.random() < 0.04:
            continue
        at = work_days.punches(dt.datetime.combine(date, start, tzinfo=zone), chance, splits=offset % 5 == 0)
        moments.extend((moment, "out" if place % 2 else "in") for place, moment in enumerate(at) if moment <= now)
    tried = Attempt.objects.bulk_create(
        Attempt(at=at, channel="kiosk", method="identify", answer="matched", person=person, distance=0.7, threshold=1.0)
        for at, _ in moments
    )
    CheckIn.objects.bulk_create(
        CheckIn(person=person, at=at, direction=way, channel="kiosk", method="identify", attempt=attempt)
        for (at, way), attempt in zip(moments, tried, strict=True)
    )


def _ask(people: list[Any], today: dt.date, now: dt.datetime) -> None:
    """Let a fifth of the people wait for a decision."""
    from attendance.workdays.models import Correction, Leave, LeaveType

    kind = LeaveType.objects.create(code="CL", name="Casual leave")
    asking = people[::5]
    Correction.objects.bulk_create(
        Correction(person=person, day=today - dt.timedelta(days=2), reason="forgot", requested_at=now)
        for person in asking
    )
    coming = today + dt.timedelta(days=20)
    Leave.objects.bulk_create(
        Leave(person=person, type=kind, first=coming, last=coming, requested_at=now) for person in asking[::2]
    )


def main() -> int:
    """Make the database, measure, print; 1 where the limit is broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--days", type=int, default=DAYS, help="the days that the check-ins go back")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each page is asked for")
    parser.add_argument("--folder", type=Path, help="where the database stays: a second run need not fill it again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="muster-pages-") as made:
        folder = str(arguments.folder or made)
        os.environ["MUSTER_VAR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        figures = measure(arguments.people, arguments.days, arguments.rounds)
    print(json.dumps(figures, indent=2))
    slow = [name for name, page in figures["pages"].items() if page["median_ms"] > LIMIT_MILLISECONDS]
    print("over the limit:", ", ".join(slow) or "none")
    return int(bool(slow))


if __name__ == "__main__":
    sys.exit(main())
