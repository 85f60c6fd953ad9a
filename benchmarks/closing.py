"""How long a check-in waits while a month is closed: 1,000 people, 12 closed months before it, on each database.

`python -m benchmarks.closing [--people N] [--months N] [--database sqlite|postgresql] [--folder DIR]` starts databases
of its own, fills them, closes the months in order, and closes one more while another process checks people in, one
after the other, by the rule that the doors use. The clock stands in the first hours of the next month, when everybody
is checking in and the last days of the month are still in reach of a late fact. A folder keeps the filled databases,
which are copied before they are measured: a second run need not fill them again.
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
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import time_machine

from benchmarks import databases, work_days

ZONE = ZoneInfo("Europe/Berlin")
FIRST = dt.date(2025, 1, 1)
LIMIT_MILLISECONDS = 300.0
PAUSE_SECONDS = 0.02
"""Between two check-ins of the other process."""
QUIET_SECONDS = 10.0


def months(count: int) -> list[dt.date]:
    """Return the first days of so many months, and of the one that is closed while people check in."""
    return [dt.date(FIRST.year + number // 12, number % 12 + 1, 1) for number in range(count + 1)]


def _moment(count: int) -> dt.datetime:
    """Return the hour at which the last month is closed."""
    ends = (months(count)[-1] + dt.timedelta(days=31)).replace(day=1)
    return dt.datetime.combine(ends, dt.time(6), tzinfo=ZONE)


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


def close_before(people: int, count: int) -> None:
    """Fill the database, and close the months before the one that is measured."""
    from attendance.workdays.months import closing

    moment = _moment(count)
    fill(people, (moment.date() - FIRST).days)
    with time_machine.travel(moment, tick=True):
        for month in months(count)[:-1]:
            started = time.perf_counter()
            closing.close(month, actor=None, with_open_points=True)
            print(f"closed {month:%Y-%m} in {time.perf_counter() - started:.1f} s", file=sys.stderr, flush=True)


def check_in(stop: Path) -> None:
    """Check people in until the file is there; print of each when it ended, its wait, and that for a lock, in ms."""
    from django.db import connection

    from attendance.checkins import attempts
    from attendance.checkins.models import Attempt
    from attendance.people.models import Person
    from attendance.recognition.identify import Identification
    from attendance.workdays import doors

    people = list(Person.objects.order_by("pk"))
    random.Random(3).shuffle(people)
    number, locked = 0, 0.0

    def timed(execute: Any, sql: str, *more: Any) -> Any:
        nonlocal locked
        began = time.perf_counter()
        try:
            return execute(sql, *more)
        finally:
            if sql.startswith("BEGIN") or "FOR UPDATE" in sql:
                locked += time.perf_counter() - began

    with connection.execute_wrapper(timed):
        while not stop.exists():
            person = people[number % len(people)]
            number += 1
            started, locked = time.perf_counter(), 0.0
            attempts.record(
                Identification(answer="matched", person=person),
                channel=Attempt.Channel.KIOSK,
                method=Attempt.Method.PIN,
                context=doors.punch_context(person),
            )
            took = time.perf_counter() - started
            print(f"{time.monotonic():.4f} {took * 1000:.2f} {locked * 1000:.2f}", flush=True)
            time.sleep(PAUSE_SECONDS)


def measure(people: int, count: int) -> dict[str, Any]:
    """Close one more month while people check in; return the figures."""
    from django.conf import settings
    from django.db import connection

    from attendance.workdays.months import closing

    moment = _moment(count)
    stop, waits = settings.VAR_DIR / "stop", settings.VAR_DIR / "waits"
    stop.unlink(missing_ok=True)
    with time_machine.travel(moment, tick=True), waits.open("w") as to:
        other = subprocess.Popen([*_BY_ITSELF, "--check-in", str(stop), "--at", moment.isoformat()], stdout=to)
        try:
            while not waits.stat().st_size:
                if other.poll() is not None:
                    raise RuntimeError("the process that checks people in has ended")
                time.sleep(0.1)
            time.sleep(QUIET_SECONDS)
            with _transactions() as spent:
                began, started, worked = time.monotonic(), time.perf_counter(), time.process_time()
                closing.close(months(count)[-1], actor=None, with_open_points=True)
                ended, took = time.monotonic(), time.perf_counter() - started
                worked = time.process_time() - worked
        finally:
            stop.touch()
            other.wait(60)
    found = [tuple(map(float, line.split())) for line in waits.read_text().splitlines()]
    quiet = [each for each in found if each[0] < began]
    during = [each for each in found if began <= each[0] and each[0] - each[1] / 1000 <= ended]
    return {
        "database": connection.vendor,
        "people": people,
        "closed_months_before": count,
        "closing_seconds": round(took, 1),
        "closing_processor_seconds": round(worked, 1),
        "transactions_of_the_closing": spent,
        "quiet": _figures(quiet),
        "while_closing": _figures(during),
        "limit_milliseconds": LIMIT_MILLISECONDS,
        "load_average": round(os.getloadavg()[0], 1),
    }


@contextmanager
def _transactions() -> Iterator[dict[str, dict[str, float]]]:
    """Time the transactions of this process, by the function that commits; the figures are there at the end."""
    from django.db import connection

    begin, commit = connection.set_autocommit, connection.commit
    began, worked = 0.0, 0.0
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)

    def beginning(*values: Any, **more: Any) -> None:
        nonlocal began, worked
        begin(*values, **more)
        began, worked = time.perf_counter(), time.process_time()  # on SQLite it has the lock from here on

    def committing() -> None:
        commit()
        found[_committer()].append(((time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000))

    connection.set_autocommit, connection.commit = beginning, committing  # type: ignore[method-assign]
    spent: dict[str, dict[str, float]] = {}
    try:
        yield spent
    finally:
        del connection.set_autocommit, connection.commit
    for name, each in found.items():
        spent[name] = {
            "count": len(each),
            "median_milliseconds": round(statistics.median(took for took, _ in each), 1),
            "longest_milliseconds": round(max(took for took, _ in each), 1),
            "most_processor_milliseconds": round(max(worked for _, worked in each), 1),
        }


def _committer() -> str:
    """Return the innermost function of the closing that is at work."""
    frame = sys._getframe()
    while frame.f_back is not None and "workdays/months" not in frame.f_code.co_filename:
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_name}"


def _figures(found: list[tuple[float, ...]]) -> dict[str, float]:
    waits, locks = sorted(each[1] for each in found), sorted(each[2] for each in found)
    return {
        "check_ins": len(waits),
        "median": round(statistics.median(waits), 1),
        "p99": round(waits[int(len(waits) * 0.99)], 1),
        "slowest": round(waits[-1], 1),
        "p99_for_a_lock": round(locks[int(len(locks) * 0.99)], 1),
        "longest_for_a_lock": round(locks[-1], 1),
    }


_BY_ITSELF = (sys.executable, "-m", "benchmarks.closing")


def _filled(store: databases.Store, people: int, count: int) -> str:
    """Return the name of the filled database; fill it unless it was kept."""
    name = f"closing_{people}_{count}"
    if not store.has(name):
        store.create("filling")
        _call(store, "filling", "--fill", "--people", str(people), "--months", str(count))
        store.copy("filling", to=name)
        store.drop("filling")
    return name


def _copied(store: databases.Store, name: str, origin: databases.Store) -> None:
    """Copy every row of a SQLite database into one of the same name, unless it was kept."""
    if not store.has(name):
        store.create("filling")
        _call(store, "filling", "--copy-from", f"{origin.environment(name)['MUSTER_VAR']}/muster.sqlite3")
        store.copy("filling", to=name)
        store.drop("filling")


def _on(store: databases.Store, name: str, people: int, count: int) -> dict[str, Any]:
    """Measure on a copy of the filled database."""
    store.copy(name, to="measured")
    measured = _call(store, "measured", "--measure", "--people", str(people), "--months", str(count))
    store.drop("measured")
    figures: dict[str, Any] = json.loads(measured)
    return figures


def _call(store: databases.Store, name: str, *arguments: str) -> str:
    others = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    done = subprocess.run(
        [*_BY_ITSELF, *arguments], env=others | store.environment(name), check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def _inside(given: argparse.Namespace) -> None:
    """Do one part of the work, in a process of its own on the database of the environment."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django
    from django.core.management import call_command

    django.setup()
    if given.check_in is not None:
        with time_machine.travel(given.at, tick=True):
            check_in(given.check_in)
    elif given.copy_from is not None:
        call_command("migrate", verbosity=0)
        databases.copy_rows(given.copy_from)
    elif given.fill:
        call_command("migrate", verbosity=0)
        close_before(given.people, given.months)
    else:
        call_command("migrate", verbosity=0)  # what was kept may be older
        print(json.dumps(measure(given.people, given.months)))


def main() -> int:
    """Make the databases, measure, print; 1 where a check-in waited too long."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.closing", description=__doc__)
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--database", choices=databases.DATABASES, help="this one alone")
    parser.add_argument("--folder", type=Path, help="where the filled databases stay")
    parser.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--copy-from", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--check-in", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--at", type=dt.datetime.fromisoformat, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fill or given.copy_from or given.measure or given.check_in:
        _inside(given)
        return 0
    slowest = []
    with tempfile.TemporaryDirectory(prefix="muster-closing-") as made:
        folder = (given.folder or Path(made)).resolve()
        with databases.opened("sqlite", folder) as first:
            filled = _filled(first, given.people, given.months)
        for name in [given.database] if given.database else databases.DATABASES:
            if not databases.is_installed(name):
                print(f"{name} is not installed here: left out")
                continue
            with databases.opened(name, folder) as store:
                if name != "sqlite":
                    _copied(store, filled, first)
                figures = _on(store, filled, given.people, given.months)
            print(json.dumps(figures, indent=2), flush=True)
            slowest.append(figures["while_closing"]["slowest"])
    return int(not slowest or max(slowest) > LIMIT_MILLISECONDS)


if __name__ == "__main__":
    sys.exit(main())
