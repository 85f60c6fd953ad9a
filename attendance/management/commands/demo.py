"""Fills an instance for a demonstration. `manage.py demo [--photos DIR]`: 30 people, two weeks of check-ins.

Everybody is invented but the two whose public-domain portraits lie inside packages for development; those two are
enrolled by photo, the others check in by number and PIN. `--photos DIR` (a folder per person) enrols everybody by
photo instead. The history goes through the rules of the door, at the times it tells of.
"""

from __future__ import annotations

import datetime as dt
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from attendance.checkins import attempts
from attendance.checkins.models import Attempt
from attendance.core import clock, site
from attendance.core.errors import Fault, Refusal
from attendance.core.models import SiteSettings
from attendance.enrolment import photos
from attendance.people import roster
from attendance.people.models import Person
from attendance.recognition.identify import Identification
from attendance.workdays import doors
from attendance.workdays.models import Shift
from attendance.workdays.schedule import shifts

DAYS = 14
PIN = "4711"
SEED = 20_260_101
DEPARTMENTS = ("Workshop", "Assembly", "Warehouse", "Office")
PORTRAYED = ("Eileen Collins", "Grace Hopper")
INVENTED = (
    "Mei Tanaka", "Jonas Falk", "Amara Okafor", "Luca Ferri", "Priya Nair", "Tomasz Zielny", "Sofia Lindqvist",
    "Omar Haddad", "Chloé Marchand", "Diego Salvatierra", "Hana Novotná", "Kwame Boateng", "Ingrid Solheim",
    "Rafael Quintela", "Yara Saleh", "Mikko Lahtela", "Nadia Petrova", "Seán Gallagher", "Leila Karimi",
    "Björn Ekström", "Aisha Bello", "Marco Bianchi", "Zeynep Aydin", "Pavel Dvorský", "Ruth Abelson",
    "Thanh Nguyen", "Fatou Diop", "Emil Kranz",
)  # fmt: skip
PHOTO_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp"})


class Command(BaseCommand):
    """Fills an instance once; a second call finds the people there and changes nothing."""

    help = "Fill this instance with an organisation of 30 people and two weeks of check-ins."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--photos", type=Path, metavar="DIR", help="a folder per person: enrol everybody by photo")
        parser.add_argument("--days", type=int, default=DAYS, help=f"how far back the check-ins go ({DAYS})")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Add the people, enrol them, write their days."""
        if roster.find_by_number(_number(0)) is not None:
            self.stdout.write("the invented organisation is here already")
            return
        pictures = _from_folder(options["photos"]) if options["photos"] else _portraits()
        chance = random.Random(SEED)  # noqa: S311  (a story, not a secret)
        if not SiteSettings.objects.exists():
            site.change({"organisation": "Lindenhof Works", "site_name": "Main gate"}, actor=None)
        first = clock.today(site.zone()) - dt.timedelta(days=options["days"])
        joined, _ = clock.day_bounds(first, site.zone())
        people = [_add(index, name, picture, joined=joined) for index, (name, picture) in enumerate(pictures)]
        if not Shift.objects.exists():
            _plan()
        written = sum(_live(person, days=options["days"], chance=chance) for person in tqdm(people, file=sys.stderr))
        enrolled = sum(picture is not None for _, picture in pictures)
        self.stdout.write(f"{len(people)} people, {enrolled} enrolled by photo, {written} check-ins")
        self.stdout.write(f"employee numbers {_number(0)} to {_number(len(people) - 1)}, everybody's PIN is {PIN}")


def _plan() -> None:
    """Expect everybody from eight to half past four on weekdays, so that the months have something to measure by."""
    day = Shift(name="Day", start=dt.time(8), end=dt.time(16, 30), breaks="12:00-12:30", grace_late_minutes=10)
    shifts.assign(shifts.save_shift(day, actor=None), actor=None)


def _number(index: int) -> str:
    return f"D{index + 1:03d}"


def _portraits() -> list[tuple[str, bytes | None]]:
    """Return thirty names, the first two with a portrait where the packages that carry them are installed."""
    found: list[bytes | None] = [None, None]
    try:
        import matplotlib as mpl  # noqa: PLC0415  (for development only)
        from skimage import data  # noqa: PLC0415

        found = [
            (Path(data.__file__).parent / "astronaut.png").read_bytes(),
            (Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg").read_bytes(),
        ]
    except (ImportError, FileNotFoundError):
        pass
    return [*zip(PORTRAYED, found, strict=True), *((name, None) for name in INVENTED)]


def _from_folder(folder: Path) -> list[tuple[str, bytes | None]]:
    """Return the name and the first photo of each of the first thirty folders."""
    found: list[tuple[str, bytes | None]] = []
    for person in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = sorted(path for path in person.iterdir() if path.suffix.lower() in PHOTO_ENDINGS)
        if files and len(found) < len(PORTRAYED) + len(INVENTED):
            found.append((person.name.replace("_", " "), files[0].read_bytes()))
    return found


def _add(index: int, name: str, picture: bytes | None, *, joined: dt.datetime) -> Person:
    with clock.stopped_at(joined):  # whoever came for two weeks was there before them
        person = roster.add(
            employee_number=_number(index), name=name, department=DEPARTMENTS[index % len(DEPARTMENTS)], actor=None
        )
    roster.set_pin(person, PIN, actor=None)
    if picture is not None:
        try:
            photos.submit(person, picture, original_name=f"{name}.jpg", actor=None)
        except (Refusal, Fault) as problem:
            sys.stderr.write(f"{name}: {problem}\n")
    return person


def _live(person: Person, *, days: int, chance: random.Random) -> int:
    """Let the person come and go on each day up to now; returns how many check-ins that made."""
    now, today = clock.now(), clock.today(site.zone())
    written = 0
    usual = chance.randint(-40, 25)
    for back in range(days, -1, -1):
        day = today - dt.timedelta(days=back)
        for moment in _moments(day, usual_minutes=usual, chance=chance):
            if moment < now:
                matched = Identification(answer="matched", person=person)
                with clock.stopped_at(moment):
                    attempts.record(
                        matched,
                        channel=Attempt.Channel.KIOSK,
                        method=Attempt.Method.PIN,
                        context=doors.punch_context(person),
                    )
                written += 1
    return written


def _moments(day: dt.date, *, usual_minutes: int, chance: random.Random) -> Iterator[dt.datetime]:
    """Yield when somebody comes, goes to lunch, is back and leaves; nobody on most Sundays, some are ill."""
    present = {5: 0.15, 6: 0.03}.get(day.weekday(), 0.92)
    if chance.random() > present:
        return
    start = dt.datetime.combine(day, dt.time(8, 0), tzinfo=site.zone()) + dt.timedelta(minutes=usual_minutes)
    lunch_minutes = 240 + chance.randint(-20, 30)
    minutes = [chance.randint(-12, 18), lunch_minutes, lunch_minutes + chance.randint(28, 55)]
    minutes.append(minutes[0] + 8 * 60 + 30 + chance.randint(-25, 45))
    if chance.random() < 0.04:
        minutes.pop()  # forgot to check out
    for minute in minutes:
        yield (start + dt.timedelta(minutes=minute, seconds=chance.randint(0, 59))).astimezone(dt.UTC)
