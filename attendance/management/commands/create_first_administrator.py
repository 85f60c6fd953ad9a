"""Creates the first administrator: a one-time sign-in, printed once, whose password must be changed."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from attendance.core import audit, permissions
from attendance.core.models import User

USERNAME = "admin"
_PASSWORD_BYTES = 12  # 96 bits, 16 characters


class Command(BaseCommand):
    """Makes the administrator where nobody can sign in yet; otherwise does and prints nothing.

    As long as this account has never been used, each call gives it a new password: a sign-in that was never read
    is worth nothing, and nobody is locked out by a closed terminal.
    """

    help = "Make the first administrator and print the one-time sign-in."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Print user name and password, or nothing."""
        with transaction.atomic():
            permissions.assure_roles()
            password = _issue()
        if password:
            self.stdout.write(f"sign in as {USERNAME} with the one-time password {password}")
            self.stdout.write("you will be asked for a password of your own")


def _issue() -> str | None:
    """Return a fresh password for the unused first account; None where somebody can sign in already."""
    if User.objects.exclude(username=USERNAME, must_change_password=True, last_login=None).exists():
        return None
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    user, created = User.objects.get_or_create(username=USERNAME)
    user.is_staff = user.is_superuser = user.must_change_password = True
    user.set_password(password)
    user.save()
    audit.record("core.create_first_administrator", actor=None, subject=f"user:{user.pk}", renewed=not created)
    return password
