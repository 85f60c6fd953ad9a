"""Identifies the people in photos: `manage.py identify PHOTO... [--json]`; records nothing.

Exit codes: 0 every photo was matched, 1 at least one was not (unknown, ambiguous, refused), 2 something is broken or
a file could not be read.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from attendance.core.errors import Fault
from attendance.people.models import Person
from attendance.recognition import identify
from attendance.recognition.identify import Identification

ALL_MATCHED, NOT_ALL_MATCHED, BROKEN = 0, 1, 2


class Command(BaseCommand):
    """One line per photo, in the order given."""

    help = "Say who is in each photo, by the same rules as the pages. Records nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("photos", nargs="+", metavar="PHOTO", help="a picture file")
        parser.add_argument("--json", action="store_true", help="one JSON object per line")

    def handle(self, *_: Any, **options: Any) -> None:
        """Answer every photo; one that cannot be read stops no other."""
        worst = ALL_MATCHED
        for name in options["photos"]:
            line, status = _answer(Path(name))
            self.stdout.write(json.dumps(line, ensure_ascii=False) if options["json"] else _line_text(line))
            self.stdout.flush()
            worst = max(worst, status)
        sys.exit(worst)


def _answer(path: Path) -> tuple[dict[str, Any], int]:
    try:
        data = path.read_bytes()
    except OSError as error:
        return _failed(path, code="file_unreadable", reason=type(error).__name__), BROKEN
    try:
        found = identify.identify([data])
    except Fault as fault:
        return _failed(path, code=fault.code, **fault.facts), BROKEN
    return _line(path, found), ALL_MATCHED if found.answer == "matched" else NOT_ALL_MATCHED


def _line(path: Path, found: Identification) -> dict[str, Any]:
    return {
        "photo": str(path),
        "decision": found.answer,
        "person": _person(found.person),
        "distance": found.distance,
        "threshold": found.threshold,
        "runner_up": _person(found.runner_up),
        "runner_up_distance": found.runner_up_distance,
        "comparisons": found.comparisons,
        "code": found.code,
        "facts": found.facts,
    }


def _failed(path: Path, *, code: str, **facts: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("person", "distance", "threshold", "runner_up", "runner_up_distance"))
    return {"photo": str(path), "decision": "error", **nothing, "comparisons": 0, "code": code, "facts": facts}


def _person(person: Person | None) -> dict[str, Any] | None:
    if person is None:
        return None
    return {"id": person.pk, "employee_number": person.employee_number, "name": person.name}


def _line_text(line: dict[str, Any]) -> str:
    """Write the line for people."""
    who = line["person"]
    parts = [line["photo"], line["decision"], f"{who['name']} ({who['employee_number']})" if who else line["code"]]
    if line["distance"] is not None:
        parts.append(f"distance {line['distance']:.3f}, threshold {line['threshold']:.3f}")
    return "\t".join(parts)
