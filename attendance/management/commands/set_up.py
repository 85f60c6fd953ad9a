"""Brings tables, closed months, static files and the first administrator in order before the first request.

A state of an older version is backed up first.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from attendance.backups import restore, words
from attendance.backups import upgrade as upgrades
from attendance.core.errors import MusterError
from attendance.workdays.months import upgrade

_STAMP = ".collected"


class Command(BaseCommand):
    """Does only what is not done yet; prints nothing but the one-time sign-in, once."""

    help = "Bring the database and the static files up to date, and make the first administrator."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Run the steps, each of them safe to repeat; tables of an older version are backed up before they change."""
        try:
            restore.assure_finished()
            kept = upgrades.make_if_needed()
        except MusterError as error:
            raise CommandError(f"Nothing was changed. {words.sentence(error)}") from error
        if kept is not None:
            self.stderr.write(f"Backed up before the upgrade, kept for {upgrades.KEPT.days} days: {kept}")
        call_command("migrate", verbosity=0, interactive=False)
        upgrade.fill_in()
        state = _state_of_static_files()
        stamp = Path(settings.STATIC_ROOT) / _STAMP
        if not stamp.exists() or stamp.read_text() != state:
            call_command("collectstatic", verbosity=0, interactive=False)
            stamp.write_text(state)
        call_command("create_first_administrator", stdout=self.stdout)


def _state_of_static_files() -> str:
    """Return a digest over name, size and time of every file that would be collected."""
    digest = hashlib.sha256()
    for finder in finders.get_finders():
        for name, storage in finder.list([]):
            facts = Path(storage.path(name)).stat()
            digest.update(f"{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
