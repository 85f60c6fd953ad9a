"""Checks rules against a file of cases; nothing is read from or written to the database."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from timekeeping.cases import reading, trying
from timekeeping.cases.atoms import CaseError
from timekeeping.cases.trying import Verdict
from timekeeping.values import RULE_VERSION


class Command(BaseCommand):
    """`manage.py try_rules FILE...`: 0 all as expected, 1 something differs, 2 a file cannot be read."""

    help = "Run TOML files of attendance cases (docs/reference/rules.md) and explain every day."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the files and how to answer."""
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--json", action="store_true", help="one JSON line a case")
        parser.add_argument("--quiet", action="store_true", help="say why only where a case differs")

    def handle(self, *, files: list[Path], **options: Any) -> None:
        """Read everything first: a file that cannot be read is no half result."""
        shown_file = ""
        try:
            cases = [case for path in files for case in reading.read(path)]
            verdicts = [trying.try_case(case) for case in cases]
        except CaseError as error:
            self.stderr.write(f"cannot be read: {error}")
            sys.exit(2)
        for verdict in verdicts:
            if len(files) > 1 and not options["json"] and verdict.file != shown_file:
                shown_file = verdict.file
                self.stdout.write(shown_file)
            if options["json"]:
                self.stdout.write(json.dumps(_as_json(verdict), ensure_ascii=False))
            else:
                self._tell(verdict, with_why=not options["quiet"] or not verdict.passed)
        failed = sum(not verdict.passed for verdict in verdicts)
        if not options["json"]:
            self.stdout.write(f"{len(verdicts) - failed} passed, {failed} failed (rules {RULE_VERSION})")
        sys.exit(1 if failed else 0)

    def _tell(self, verdict: Verdict, *, with_why: bool) -> None:
        self.stdout.write(f"{'as expected' if verdict.passed else 'DIFFERS    '}  {verdict.name}")
        for difference in verdict.differences:
            self.stdout.write(f"    {difference}")
        if with_why:
            for day, sentences in verdict.why:
                self.stdout.write(f"    why {day}: {' '.join(sentences)}")


def _as_json(verdict: Verdict) -> dict[str, object]:
    return {
        "file": verdict.file,
        "name": verdict.name,
        "passed": verdict.passed,
        "differences": list(verdict.differences),
        "why": {day.isoformat(): list(sentences) for day, sentences in verdict.why},
        "rules": RULE_VERSION,
    }
