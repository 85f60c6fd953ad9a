"""How is a deed remembered? One call in the same transaction as the deed."""

from __future__ import annotations

from attendance.core import clock
from attendance.core.errors import Fact
from attendance.core.models import AuditEntry, User


def record(action: str, *, actor: User | None, subject: str, **facts: Fact) -> AuditEntry:
    """Write a line: `action` is room.verb, `subject` is kind:number (never a name: names can be erased)."""
    return AuditEntry.objects.create(at=clock.now(), actor=actor, action=action, subject=subject, facts=facts)
