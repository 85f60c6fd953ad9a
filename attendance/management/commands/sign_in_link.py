"""Prints a link that lets somebody in who is locked out, also the administrator."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from attendance.core.models import User
from attendance.people import sign_in_links


class Command(BaseCommand):
    """Whoever may run commands on this machine may let anybody in; the audit log says so."""

    help = "Print the path of a link that signs an account in: once, within 15 minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        """Ask for the account."""
        parser.add_argument("username")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Print the path, to be put behind the address of this instance."""
        user = User.objects.filter(username=options["username"], is_active=True).first()
        if user is None:
            raise CommandError(f"there is no account {options['username']}")
        self.stdout.write(reverse("sign_in_by_link", args=[sign_in_links.issue(user, actor=None)]))
