"""Who may do what? One object that pages, commands and the admin ask; roles are groups of named rights."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, Group, Permission

from attendance.core.models import User

ROLES: dict[str, tuple[str, ...]] = {
    "Administrator": (
        "identify",
        "manage_people",
        "view_reports",
        "manage_devices",
        "manage_settings",
        "approve_corrections",
        "manage_attendance",
    ),
    "Clerk": ("view_reports",),
    "Manager": ("approve_corrections",),
    "HR": ("view_reports", "approve_corrections", "manage_attendance"),
    "Identifier": ("identify",),
}
"""Group name -> rights; `assure_roles` writes them, an administrator may compose others in the admin."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a user may do; everything is False for nobody and for a deactivated user."""

    user: User | None

    def _has(self, right: str) -> bool:
        return self.user is not None and self.user.is_active and self.user.has_perm(f"attendance.{right}")

    @property
    def identify(self) -> bool:
        """Search everybody by photo."""
        return self._has("identify")

    @property
    def manage_people(self) -> bool:
        """Enrol, change, deactivate, delete; see their photos."""
        return self._has("manage_people")

    @property
    def view_reports(self) -> bool:
        """Read everybody's check-ins and attempts."""
        return self._has("view_reports")

    @property
    def manage_devices(self) -> bool:
        """Pair and revoke door devices."""
        return self._has("manage_devices")

    @property
    def manage_settings(self) -> bool:
        """Change the settings of site and matching."""
        return self._has("manage_settings")

    @property
    def approve_corrections(self) -> bool:
        """Decide about corrections and leave: a manager of the own departments, see `workdays.scopes`."""
        return self._has("approve_corrections")

    @property
    def manage_attendance(self) -> bool:
        """Plan shifts, holidays and leave of everybody, and close months."""
        return self._has("manage_attendance")


def rights(user: User | AnonymousUser | None) -> Rights:
    """Return the object to ask."""
    return Rights(user if isinstance(user, User) else None)


def assure_roles() -> None:
    """Make the groups of `ROLES` with their rights; adds what is missing, takes nothing away."""
    for name, names in ROLES.items():
        group, _ = Group.objects.get_or_create(name=name)
        wanted = Permission.objects.filter(content_type__app_label="attendance", codename__in=names)
        group.permissions.add(*wanted)
