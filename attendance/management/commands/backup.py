"""Makes a backup of the whole state while Muster runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from attendance.backups import backup, words
from attendance.core.errors import MusterError
from attendance.privacy import erased_numbers


class Command(BaseCommand):
    """`manage.py backup TO`: 0 it is there whole, 1 it is not there."""

    help = "Copy database and files into the new folder TO, with checksums; Muster may run meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        """Read the folder's name."""
        parser.add_argument("to", type=Path, metavar="TO", help="a folder that does not exist yet, or is empty")

    def handle(self, *_arguments: Any, to: Path, **_options: Any) -> None:
        """Make it and say what it holds; the list of erased people beside the other backups is completed first."""
        try:
            erased_numbers.complete()
            made = backup.make(to.absolute())
        except MusterError as error:
            raise CommandError(words.sentence(error)) from error
        rows = sum(made.counts.values())
        self.stdout.write(f"{to}: {rows} rows, {len(made.files)} files, {made.size_bytes / 1e6:.1f} MB")
