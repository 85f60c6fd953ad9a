"""Browsers that are doors: made and revoked by an administrator, known by a token of which only the hash is kept."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from django.db import IntegrityError, transaction
from django.db.models import Q

from attendance.checkins.models import Device
from attendance.core import audit, clock
from attendance.core.errors import Refusal
from attendance.core.models import User

TOKEN_BYTES = 32  # 256 bits: a plain hash is enough, nobody can try them out
HEARTBEAT_SECONDS = 30
"""A door writes that it is there at most this often, however often it asks."""
SILENT_SECONDS = 300
"""A door not heard from for this long is shown as silent."""


def add(*, name: str, actor: User) -> Device:
    """Make a door that no browser stands for yet. Refusals: device_name_missing, device_name_taken."""
    name = " ".join(name.split())
    if not name:
        raise Refusal("device_name_missing")
    try:
        with transaction.atomic():
            device = Device.objects.create(name=name, created_at=clock.now())
            audit.record("devices.add", actor=actor, subject=f"device:{device.pk}", name=name)
    except IntegrityError as error:
        raise Refusal("device_name_taken", name=name) from error
    return device


def revoke(device: Device, *, actor: User) -> None:
    """End what the browser may do, at once; its codes die with it. A new code may pair the door again."""
    with transaction.atomic():
        now = clock.now()
        Device.objects.filter(pk=device.pk).update(token_hash=None, revoked_at=now)
        device.pairing_codes.filter(used_at=None).update(expires_at=now)
        audit.record("devices.revoke", actor=actor, subject=f"device:{device.pk}")
    device.refresh_from_db()


def give_token(device: Device) -> str:
    """Make the secret that a browser will carry; an older one ends here."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    now = clock.now()
    Device.objects.filter(pk=device.pk).update(
        token_hash=_hash(token), paired_at=now, last_seen_at=now, revoked_at=None
    )
    return token


def find_by_token(token: str) -> Device | None:
    """Return the door that carries this secret, unless it was revoked."""
    if not token:
        return None
    return Device.objects.select_related("site", "group").filter(token_hash=_hash(token), revoked_at=None).first()


def note_seen(device: Device) -> None:
    """Remember that the door was heard from; a condition in the update keeps it to one write per heartbeat."""
    now = clock.now()
    due = now - dt.timedelta(seconds=HEARTBEAT_SECONDS - 5)
    if device.last_seen_at is None or device.last_seen_at < due:
        Device.objects.filter(Q(last_seen_at=None) | Q(last_seen_at__lt=due), pk=device.pk).update(last_seen_at=now)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
