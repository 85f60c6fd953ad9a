"""Restores a backup into an empty state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from attendance.backups import restore, words
from attendance.core.errors import MusterError


class Command(BaseCommand):
    """`manage.py restore FROM`: 0 the state is ready to start, 1 it is not."""

    help = "Check the backup FROM, fill the empty state from it, and repeat the erasures done since."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Read the folders' names."""
        parser.add_argument("source", type=Path, metavar="FROM", help="the folder of the backup")
        parser.add_argument(
            "--erased",
            type=Path,
            action="append",
            default=[],
            metavar="FOLDER",
            help="a further folder with a list of erased people (erased.jsonl)",
        )

    def handle(self, *_arguments: Any, source: Path, erased: list[Path], **_options: Any) -> None:
        """Restore and say what came back; without a list of erased people, say that too."""
        try:
            done = restore.restore(source, further_lists=erased)
        except MusterError as error:
            raise CommandError(words.sentence(error)) from error
        rows, made_at = sum(done.manifest.counts.values()), done.manifest.made_at
        self.stdout.write(f"restored: {rows} rows, {len(done.manifest.files)} files of {made_at:%Y-%m-%d %H:%M:%S} UTC")
        self.stdout.write(f"erased again: {done.erased}, from {len(done.lists)} list(s)")
        if not done.lists:
            self.stderr.write("No list of erased people lies beside the backup: name its folder by --erased.")
        if not done.gallery_written:
            self.stderr.write("No models are here yet: the gallery is built when Muster starts.")
