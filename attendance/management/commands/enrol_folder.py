"""Enrols a folder of photos from the shell: `manage.py enrol_folder DIR [--preview] [--json]`.

The command does the worker's part itself, beside a running worker or without one; both claim rows, so no photo is
read twice. Cut off anywhere, the same command goes on. Exit codes: 0 everything is enrolled, 1 some files were
refused or it was stopped, 2 something is broken.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from attendance.core.errors import MusterError
from attendance.enrolment import embedding, feeding, importing
from attendance.enrolment.models import Import, ImportRow
from attendance.recognition.models import ReferenceEmbedding

WAIT_SECONDS = 0.2
DONE, NOT_ALL, BROKEN = 0, 1, 2


class Command(BaseCommand):
    """Read, show, enrol, tell."""

    help = "Enrol a folder: <employee number>[_name].jpg, a folder per person, or people.csv with photos."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--preview", action="store_true", help="say what would be done, and do nothing")
        parser.add_argument("--json", action="store_true", help="one JSON object per file, then one for the whole")

    def handle(self, *_: Any, **options: Any) -> None:
        """Enrol, with a verdict per file."""
        try:
            status = self._enrol(options["folder"].resolve(), options)
        except MusterError as error:
            self.stderr.write(json.dumps({"code": error.code, "facts": error.facts}, ensure_ascii=False))
            status = BROKEN
        sys.exit(status)

    def _enrol(self, folder: Path, options: dict[str, Any]) -> int:
        batch = _left(folder) or importing.read_folder(folder, actor=None)
        if options["preview"]:
            self._tell_rows(batch, options)
            if batch.state == Import.State.PREVIEW:
                batch.delete()
            return DONE
        importing.start(batch, actor=None)
        try:
            _work(batch)
        except KeyboardInterrupt:
            importing.cancel(batch, actor=None)
            self.stderr.write("stopped; the same command goes on from here")
        self._tell_rows(batch, options)
        batch.refresh_from_db()
        if batch.state == Import.State.FAILED:
            return BROKEN
        progress = importing.progress(batch)
        return DONE if batch.state == Import.State.DONE and not progress.refused + progress.undecided else NOT_ALL

    def _tell_rows(self, batch: Import, options: dict[str, Any]) -> None:
        """Write every verdict as JSON, or for people the ones that need them, and the counts."""
        progress = importing.progress(batch)
        for row in batch.rows.order_by("position").iterator():
            if options["json"]:
                self.stdout.write(json.dumps(_verdict(row), ensure_ascii=False))
            elif row.code:
                self.stdout.write(f"{row.filename}\t{_verdict(row)['state']}\t{row.code}")
        counts = {
            "import": batch.pk,
            "state": batch.state,
            "total": progress.total,
            "waiting": progress.waiting,
            "ready": progress.ready,
            "waits for a decision": progress.undecided,
            "refused": progress.refused,
            "skipped": progress.skipped,
        }
        words = ", ".join(f"{name} {value}" for name, value in counts.items())
        self.stdout.write(json.dumps(counts) if options["json"] else words)


def _left(folder: Path) -> Import | None:
    """Find an import of this folder that was cut off or stopped."""
    unfinished = (Import.State.RUNNING, Import.State.CANCELLED)
    return Import.objects.filter(folder=str(folder), state__in=unfinished).order_by("-pk").first()


def _work(batch: Import) -> None:
    """Feed and embed until every row has its verdict; a worker beside may do some of it."""
    progress = importing.progress(batch)
    with tqdm(total=progress.total, initial=progress.finished, unit="photo", disable=None) as bar:
        while progress.state == Import.State.RUNNING:
            feeding.feed()
            if not embedding.embed_all(_fed(batch)):
                time.sleep(WAIT_SECONDS)  # a worker has them
            batch.refresh_from_db()
            progress = importing.progress(batch)
            bar.update(progress.finished - bar.n)


def _fed(batch: Import) -> list[int]:
    """List what is pending of this import."""
    return list(
        ReferenceEmbedding.objects.filter(
            status=ReferenceEmbedding.Status.PENDING,
            reference__in=batch.rows.filter(state=ImportRow.State.FED).values("reference"),
        )
        .order_by("pk")
        .values_list("pk", flat=True)[: embedding.MOST_AT_A_TIME]
    )


def _verdict(row: ImportRow) -> dict[str, Any]:
    return {
        "file": row.filename,
        "employee_number": row.employee_number,
        "name": row.name,
        "state": "waits for a decision" if row.is_undecided else row.state,
        "code": row.code,
        "facts": row.facts,
        "person": row.person_id,
    }
