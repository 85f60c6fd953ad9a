"""Checks a backup by computing every checksum again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from attendance.backups import manifest, words
from attendance.core.errors import MusterError


class Command(BaseCommand):
    """`manage.py check_backup FROM`: 0 it is whole, 1 it is not, with the first file that is not."""

    help = "Compute the checksums of a backup again, and say what it holds; nothing is changed."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Read the folder's name."""
        parser.add_argument("source", type=Path, metavar="FROM", help="the folder of the backup")

    def handle(self, *_arguments: Any, source: Path, **_options: Any) -> None:
        """Check, and tell version, age and contents."""
        try:
            found = manifest.check(source)
        except MusterError as error:
            raise CommandError(words.sentence(error)) from error
        people, check_ins = (found.counts.get(f"attendance_{name}", 0) for name in ("person", "checkin"))
        key = found.key_fingerprint or "none, the files lie in plain"
        self.stdout.write(
            f"whole: {len(found.files)} files, {found.size_bytes / 1e6:.1f} MB\n"
            f"made: {found.made_at:%Y-%m-%d %H:%M:%S} UTC by Muster {found.muster} on {found.vendor}\n"
            f"holds: {people} people, {check_ins} check-ins\n"
            f"key: {key}"
        )
