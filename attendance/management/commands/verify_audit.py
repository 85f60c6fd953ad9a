"""Verifies the audit log by computing its chain of hashes again."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from attendance.core import audit


class Command(BaseCommand):
    """`manage.py verify_audit`: 0 the chain is whole, 1 it is broken."""

    help = "Recompute the chain of audit lines; keep the printed head elsewhere to prove later that nothing changed."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the form of the answer."""
        parser.add_argument("--json", action="store_true")

    def handle(self, *, json: bool = False, **_options: Any) -> None:
        """Seal what a killed process left behind, then verify."""
        audit.seal()
        verdict = audit.verify()
        if json:
            self.stdout.write(_as_json(verdict))
        elif verdict.intact:
            self.stdout.write(f"whole: {verdict.lines} lines, head {verdict.head}")
        else:
            self.stderr.write(
                f"broken at line {verdict.broken_at} ({verdict.reason}): {verdict.lines} lines before it are whole"
            )
        sys.exit(0 if verdict.intact else 1)


def _as_json(verdict: audit.Verdict) -> str:
    return json.dumps(
        {
            "intact": verdict.intact,
            "lines": verdict.lines,
            "head": verdict.head,
            "broken_at": verdict.broken_at,
            "reason": verdict.reason,
        }
    )
