"""The audit log: lines written in the transaction of the change they record, in a chain of hashes.

A line is written with the deed and sealed right after the commit: it gets the next number of the chain, and a hash over
its own content and the hash before it. Sealing takes a lock of its own for a moment, so that no deed waits for another.
What a killed process left unsealed is sealed by whoever comes next. A line that is changed, removed or slipped in later
breaks the chain, and `verify` says where.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from attendance.core import clock
from attendance.core.errors import Fact
from attendance.core.models import AuditChain, AuditEntry, User

GENESIS = "0" * 64
"""What the first line follows."""
_LINES_A_TIME = 500


def record(action: str, *, actor: User | None, subject: str, **facts: Fact) -> AuditEntry:
    """Write a line: `action` is room.verb, `subject` is kind:number (never a name: names can be erased)."""
    entry = AuditEntry.objects.create(
        at=clock.now(),
        actor=actor,
        actor_number=actor.pk if actor else None,
        action=action,
        subject=subject,
        facts=facts,
    )
    transaction.on_commit(seal, robust=True)
    return entry


def seal() -> int:
    """Append every committed line that is not yet part of the chain; return how many there were."""
    sealed = 0
    while AuditEntry.objects.filter(sequence=None).exists():
        with transaction.atomic():
            AuditChain.objects.get_or_create(pk=1, defaults={"head": GENESIS})
            chain = AuditChain.objects.select_for_update().get(pk=1)
            lines = list(AuditEntry.objects.filter(sequence=None).order_by("pk")[:_LINES_A_TIME])
            for line in lines:
                chain.length += 1
                line.sequence, line.previous_hash = chain.length, chain.head
                line.hash = chain.head = digest(line)
            AuditEntry.objects.bulk_update(lines, ["sequence", "previous_hash", "hash"])
            chain.save()
        sealed += len(lines)
    return sealed


def digest(line: AuditEntry) -> str:
    """Return the hash over a line and the one before it; the user's number stays when the user is deleted."""
    content = [
        line.sequence,
        line.previous_hash,
        line.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        line.actor_number,
        line.action,
        line.subject,
        line.facts,
    ]
    written = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(written.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`broken_at`: number of the first line that is not what was sealed. `reason`: changed, missing, head or None.

    Whoever keeps `head` elsewhere can prove later that no line up to it was touched.
    """

    lines: int
    unsealed: int
    head: str
    broken_at: int | None = None
    reason: str | None = None

    @property
    def intact(self) -> bool:
        """Whether the chain is whole."""
        return self.reason is None


def verify() -> Verdict:
    """Recompute the whole chain, line by line."""
    unsealed = AuditEntry.objects.filter(sequence=None).count()
    chain = AuditChain.objects.filter(pk=1).first()
    head, length = GENESIS, 0
    for line in _sealed():
        length += 1
        if line.sequence != length:
            return Verdict(length - 1, unsealed, head, length, "missing")
        if line.previous_hash != head or line.hash != digest(line):
            return Verdict(length - 1, unsealed, head, length, "changed")
        head = line.hash
    kept = (chain.length, chain.head) if chain else (0, GENESIS)
    if kept != (length, head):
        return Verdict(length, unsealed, head, length + 1, "missing" if kept[0] > length else "head")
    return Verdict(length, unsealed, head)


def _sealed() -> Iterator[AuditEntry]:
    return AuditEntry.objects.exclude(sequence=None).order_by("sequence").iterator(chunk_size=_LINES_A_TIME)
