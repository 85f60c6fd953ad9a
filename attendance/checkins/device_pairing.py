"""Pairs a browser with a door by a short code, shown once, good for ten minutes and five tries.

A code is eight characters that cannot be mistaken for one another: two find the row, six are the secret. Only a keyed
hash of it is kept. A wrong secret costs the code one of its tries, any wrong code costs the address one of its own.
"""

from __future__ import annotations

import datetime as dt
import secrets

from django.db import transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac

from attendance.checkins import devices, throttle
from attendance.checkins.models import Device, PairingCode
from attendance.core import audit, clock
from attendance.core.errors import Refusal
from attendance.core.models import User

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0 O 1 I L
SELECTOR_LENGTH = 2
SECRET_LENGTH = 6  # 31^6 = 9e8 secrets against five tries
MINUTES = 10


def issue(device: Device, *, actor: User) -> str:
    """Make a code for the door, ending earlier ones, and return it as people read it: KX7F-3QWD."""
    now = clock.now()
    with transaction.atomic():
        device.pairing_codes.filter(used_at=None).update(expires_at=now)
        row = PairingCode.objects.create(
            device=device, created_at=now, expires_at=now + dt.timedelta(minutes=MINUTES), code_hash=""
        )
        code = _selector(row) + "".join(secrets.choice(ALPHABET) for _ in range(SECRET_LENGTH))
        row.code_hash = _hash(code)
        row.save(update_fields=["code_hash"])
        audit.record("devices.issue_code", actor=actor, subject=f"device:{device.pk}")
    return f"{code[:4]}-{code[4:]}"


def redeem(code: str, *, address: str) -> tuple[Device, str]:
    """Turn a code into the door and its token, once.

    Refusals: pairing_wait (wait_seconds), pairing_code_wrong; whether a code was wrong, old or used up is not told.
    """
    counted = throttle.key("pairing", address)
    wait_seconds = throttle.take(counted)
    if wait_seconds:
        raise Refusal("pairing_wait", wait_seconds=wait_seconds)
    row = _claim("".join(character for character in code.upper() if character in ALPHABET))
    if row is None:
        raise Refusal("pairing_code_wrong")
    throttle.clear(counted)
    with transaction.atomic():
        token = devices.give_token(row.device)
        audit.record("devices.pair", actor=None, subject=f"device:{row.device_id}")
    return Device.objects.get(pk=row.device_id), token


def _claim(code: str) -> PairingCode | None:
    """Use up the code; the condition in the update lets one of two browsers win."""
    now = clock.now()
    living = PairingCode.objects.filter(used_at=None, expires_at__gt=now, tries_left__gt=0).select_related("device")
    for row in living:
        if _selector(row) != code[:SELECTOR_LENGTH]:
            continue
        if constant_time_compare(row.code_hash, _hash(code)):
            return row if living.filter(pk=row.pk).update(used_at=now) else None
        living.filter(pk=row.pk).update(tries_left=F("tries_left") - 1)
    return None


def _selector(row: PairingCode) -> str:
    digest = salted_hmac("muster.pairing.selector", str(row.pk), algorithm="sha256").digest()
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:SELECTOR_LENGTH])


def _hash(code: str) -> str:
    return salted_hmac("muster.pairing.code", code, algorithm="sha256").hexdigest()
