"""Calibrates the encoder by the people who are enrolled: `manage.py calibrate [--dry-run] [--json]`.

The worker does the same by itself as people come and go; with --dry-run nothing is kept. Exit code 0, or 2 where
something is broken.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from attendance.core.errors import Fault
from attendance.recognition import local_calibration, operating

BROKEN = 2


class Command(BaseCommand):
    """What the enrolled say of themselves, beside the table that came with the encoder."""

    help = "Compare the enrolled with one another and let the threshold follow, as the worker does by itself."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the choices."""
        parser.add_argument("--dry-run", action="store_true", help="only say what it would be")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *, dry_run: bool = False, json: bool = False, **_options: Any) -> None:
        """Compute, print, and keep it unless asked not to."""
        try:
            row = local_calibration.compute()
            answer = operating.summary(row)
            if not dry_run:
                local_calibration.store(row)
        except Fault as fault:
            self.stderr.write(str(fault))
            sys.exit(BROKEN)
        answer["kept"] = not dry_run
        self.stdout.write(_as_json(answer) if json else "\n".join(_lines(answer)))


def _as_json(answer: dict[str, Any]) -> str:
    return json.dumps(answer)


def _lines(answer: dict[str, Any]) -> list[str]:
    lines = [
        f"{answer['people']} people, {answer['references']} references, {answer['pairs']} pairs of different people",
        (
            f"nearer to one another than the shipped table says by {answer['difference']:.4f}"
            f" (standard error {answer['standard_error']:.4f}, weight {answer['weight']:.2f})"
        ),
        f"the threshold becomes stricter by {answer['move']:.4f}",
        "a stranger passes one comparison once in | shipped threshold | own threshold | honest refused, shipped | own",
    ]
    lines += [
        f"{each['once_in']:,} | {each['shipped']:.4f} | {each['local']:.4f} | {each['shipped_refused']:.2%}"
        f" | {each['local_refused']:.2%}"
        for each in answer["curve"]
    ]
    lines.append("kept: it decides from the next attempt on" if answer["kept"] else "nothing was kept (dry run)")
    return lines
