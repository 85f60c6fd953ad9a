"""`/healthz`, the state of every part of Muster, for the supervisor, containers and monitors.

Green (200) means that a person at the door gets an answer now; red (503) names the part and what to do; amber (200, the
part says so) asks somebody to look. Names no person, no path and no secret, so it needs no sign-in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from attendance.backups import nightly
from attendance.core import disk, integrity, queue
from attendance.core.errors import Fault
from attendance.recognition import engine
from attendance.recognition import gallery as galleries
from attendance.web.pages import Audience, Page

WORKER_SILENT_SECONDS = 30.0
"""A worker reports every five seconds."""
LEFT_DOWN_FILE = "left_down.json"
"""Written by `config.run` into the state folder."""
WHAT_TO_DO = "stop Muster, keep a copy of the state folder, and restore the newest backup"


@dataclass(frozen=True, slots=True)
class Part:
    """How one part does; `detail` is for the person who operates Muster.

    `amber`: people at the door get their answer, and somebody should look all the same.
    """

    ok: bool
    detail: str
    amber: bool = False


def database() -> Part:
    """Answer a query; migrations complete; no damage found by the last check, or met since."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return Part(ok=False, detail=f"{connection.vendor} does not answer: {type(error).__name__}")
    if missing:
        return Part(ok=False, detail=f"{len(missing)} migrations missing: run manage.py migrate")
    found = integrity.last()
    if found is not None and found.damaged:
        return Part(ok=False, detail=f"pages of the database are damaged ({found.at}): {WHAT_TO_DO}")
    return Part(ok=True, detail=connection.vendor)


def broker() -> Part:
    """A message can be sent."""
    if queue.is_reachable():
        set_aside = queue.count_set_aside()
        unread = f"; {set_aside} messages could not be read and were set aside" if set_aside else ""
        return Part(ok=True, amber=set_aside > 0, detail=settings.BROKER_NAME + unread)
    return Part(ok=False, detail=f"{settings.BROKER_NAME} cannot be reached: photos wait until it is back")


def worker() -> Part:
    """Check that a worker has reported lately."""
    age = queue.heartbeat_age_seconds()
    if age is None:
        return Part(ok=False, detail="no worker has started yet")
    if age > WORKER_SILENT_SECONDS:
        return Part(ok=False, detail=f"the worker has been silent for {age:.0f} s")
    return Part(ok=True, detail=f"alive {age:.0f} s ago")


def processes() -> Part:
    """Read which processes of `make run` keep dying and are left down; there are none in containers."""
    try:
        left_down = json.loads((Path(settings.VAR_DIR) / LEFT_DOWN_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        left_down = []
    if left_down:
        names = " and ".join(left_down)
        return Part(ok=False, detail=f"left down, since it keeps dying: {names}; its last lines in the log say why")
    return Part(ok=True, detail="none is left down")


def room() -> Part:
    """Write a little to the disk of the state folder, and look whether the reserve is still there."""
    free = f"{disk.free_bytes() / 1_000_000:,.0f} MB free"
    if not disk.can_write():
        return Part(ok=False, detail=f"the disk is full, nothing is recorded: {free}; make room now")
    if disk.is_short():
        return Part(ok=False, detail=f"the disk is nearly full and its reserve is in use: {free}; make room soon")
    return Part(ok=True, detail=free)


def models() -> Part:
    """Open the recognizer, which encodes two patterns and compares them: green only after a real encode."""
    try:
        name = engine.recognizer().encoder_name
        if missing := engine.chosen_but_unusable():
            return Part(ok=False, detail=f"{missing} was chosen and cannot be read here: {name} decides")
        return Part(ok=True, detail=name)
    except Fault as fault:
        return Part(ok=False, detail=f"{fault.code}: run make install, or look at MUSTER_MODELS_DIR")


def gallery() -> Part:
    """Bring this process's gallery in step with the database."""
    references, sequence = galleries.current()
    return Part(ok=True, detail=f"{len(references)} references, change {sequence}")


def backup() -> Part:
    """Look how old the newest nightly backup is; an old one is amber, since doors do not need it."""
    found = nightly.standing()
    if found is None:
        return Part(ok=True, detail="no folder is set: MUSTER_BACKUPS")
    if found.age_hours is None:
        return Part(ok=True, amber=True, detail="none has been made yet: look at the log of the worker")
    detail = f"the newest is {found.age_hours} h old"
    return Part(ok=True, amber=found.is_old, detail=detail + (": look at the log of the worker" * found.is_old))


PARTS: dict[str, Callable[[], Part]] = {
    "database": database,
    "disk": room,
    "models": models,
    "broker": broker,
    "worker": worker,
    "processes": processes,
    "gallery": gallery,
    "backup": backup,
}
"""In this order; the gallery asks for the models, so a wrong model makes both red."""


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> JsonResponse:
    """Ask every part; 200 when all are well, 503 when one is not."""
    found = dict(_ask())
    healthy = all(part.ok for part in found.values())
    return JsonResponse(
        {"ok": healthy, "parts": {name: _shown(part) for name, part in found.items()}}, status=200 if healthy else 503
    )


def _shown(part: Part) -> dict[str, bool | str]:
    """Return a part as it is answered; `amber` is named only where it is."""
    return {name: value for name, value in asdict(part).items() if name != "amber" or value}


def _ask() -> Iterator[tuple[str, Part]]:
    for name, ask in PARTS.items():
        try:
            yield name, ask()
        except Exception as error:  # a part that cannot even be asked is ill, the others are still worth telling
            yield name, Part(ok=False, detail=type(error).__name__)


PAGES = (Page("healthz", healthz, name="healthz", open_to=Audience.VISITORS),)
