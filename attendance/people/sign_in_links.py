"""Links by which an administrator lets somebody in who is locked out: good for a quarter of an hour, once."""

from __future__ import annotations

from django.core import signing
from django.db import transaction

from attendance.core import audit, permissions
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.core.permissions import Right

SALT = "muster.sign_in_link"
SECONDS = 15 * 60


def issue(user: User | None, *, actor: User | None) -> str:
    """Return the secret part of a link. Refusals: account_not_found, rights_beyond_own."""
    if user is None or not user.is_active:
        raise Refusal("account_not_found")
    if actor is not None and not _reaches(actor, user):
        raise Refusal("rights_beyond_own")
    audit.record("people.issue_sign_in_link", actor=actor, subject=f"user:{user.pk}")
    return signing.dumps([user.pk, _state(user)], salt=SALT)


def find(secret: str) -> User | None:
    """Return whom the link lets in; None where it is over, was used, or never was one."""
    try:
        number, state = signing.loads(secret, salt=SALT, max_age=SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    user = User.objects.filter(pk=number, is_active=True).first()
    return user if user is not None and _state(user) == state else None


def redeem(secret: str) -> User:
    """Use up the link; whoever asks signs the user in. Refusal: sign_in_link_over."""
    with transaction.atomic():
        user = find(secret)
        if user is None:
            raise Refusal("sign_in_link_over")
        audit.record("people.use_sign_in_link", actor=user, subject=f"user:{user.pk}")
    return user


def _state(user: User) -> str:
    """Return what the next sign-in or another password changes."""
    moment = user.last_login.isoformat() if user.last_login else ""
    return signing.Signer(salt=SALT).signature(f"{moment} {user.password}")


def _reaches(actor: User, user: User) -> bool:
    """Tell whether the actor may do all that the user may: nobody comes to further rights by a link."""
    if user.is_superuser or user.is_staff:
        return actor.is_superuser
    own, theirs = permissions.rights(actor), permissions.rights(user)
    return all(own.has(right) for right in Right if theirs.has(right))
