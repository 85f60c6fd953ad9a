"""Checks somebody in by photo, for scripts, through the same rules as the door.

Exit codes: 0 recorded (or already recorded a moment ago), 1 nobody was matched, 2 it could not be tried.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand

from attendance.checkins import attempts
from attendance.checkins.attempts import Outcome
from attendance.checkins.models import Attempt
from attendance.core.errors import Fault
from attendance.recognition import identify
from attendance.workdays import doors


class Command(BaseCommand):
    """`manage.py check_in PHOTO --json`."""

    help = "Check in whoever is on the photo, searching everybody; exit code 0 recorded, 1 nobody matched, 2 broken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Read the photo's name."""
        parser.add_argument("photo", type=Path, help="file with the picture")
        parser.add_argument("--json", action="store_true", dest="as_json", help="one JSON object instead of a sentence")

    def handle(self, *_arguments: Any, photo: Path, as_json: bool, **_options: Any) -> None:
        """Record and say what became of it."""
        try:
            picture = photo.read_bytes()
            identified = identify.identify([picture])
        except OSError as error:
            self._stop(photo, code="file_unreadable", text=error.strerror or "cannot be read", as_json=as_json)
        except Fault as fault:
            self._stop(photo, code=fault.code, text=str(fault), as_json=as_json)
        outcome = attempts.record(
            identified,
            channel=Attempt.Channel.COMMAND,
            method=Attempt.Method.IDENTIFY,
            context=doors.punch_context(identified.person),
        )
        self.stdout.write(json.dumps(_facts(photo, outcome), ensure_ascii=False) if as_json else _sentence(outcome))
        if outcome.check_in is None:
            sys.exit(1)

    def _stop(self, photo: Path, *, code: str, text: str, as_json: bool) -> NoReturn:
        if as_json:
            self.stdout.write(json.dumps({"photo": str(photo), "answer": "fault", "code": code}))
        self.stderr.write(f"{photo}: {text}")
        sys.exit(2)


def _facts(photo: Path, outcome: Outcome) -> dict[str, Any]:
    attempt, check_in = outcome.attempt, outcome.check_in
    person = check_in.person if check_in else None
    return {
        "photo": str(photo),
        "answer": outcome.answer,
        "decision": attempt.answer,
        "code": attempt.code,
        "person": {"employee_number": person.employee_number, "name": person.name} if person else None,
        "direction": check_in.direction if check_in else None,
        "at": check_in.at.isoformat() if check_in else None,
        "worked_seconds": outcome.worked_seconds,
        "distance": attempt.distance,
        "threshold": attempt.threshold,
        "runner_up_distance": attempt.runner_up_distance,
        "comparisons": attempt.comparisons,
        "attempt": attempt.pk,
    }


def _sentence(outcome: Outcome) -> str:
    if outcome.check_in is None:
        code = f" ({outcome.attempt.code})" if outcome.attempt.code else ""
        return f"{outcome.answer}{code}: nothing recorded"
    way = f"{outcome.check_in.direction} at {outcome.check_in.at:%Y-%m-%d %H:%M:%S} UTC"
    return f"{outcome.answer}: {outcome.check_in.person.name}, {way}"
