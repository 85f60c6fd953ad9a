"""Accounts linked to people: such an account checks in for its own person and for nobody else."""

from __future__ import annotations

from django.db import transaction

from attendance.core import audit
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.people.models import Person


def link(person: Person, username: str, *, actor: User | None) -> Person:
    """Link the account of this name, or none for an empty one; raises `account_not_found`, `account_taken`."""
    name = username.strip()
    user = User.objects.filter(username=name, is_active=True).first() if name else None
    if name and user is None:
        raise Refusal("account_not_found")
    with transaction.atomic():
        holder = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        if holder.erased_at is not None:
            raise Refusal("person_erased")
        if user is not None and Person.objects.filter(user=user).exclude(pk=holder.pk).exists():
            raise Refusal("account_taken")
        holder.user = user
        holder.save(update_fields=["user"])
        audit.record("people.link_account", actor=actor, subject=f"person:{holder.pk}", user=user.pk if user else None)
    return holder
