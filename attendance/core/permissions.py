"""The seven rights, the roles that hold them, and the object that pages, commands and the admin ask."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser, Group, Permission

if TYPE_CHECKING:
    from attendance.core.models import User  # which names the rights in its Meta


class Right(StrEnum):
    """What somebody may be allowed to do; the value is the codename of the permission, `label` its name."""

    label: str

    IDENTIFY = "identify", "May search everybody by photo (1:N)"
    MANAGE_PEOPLE = "manage_people", "May enrol, change, deactivate and delete people"
    VIEW_REPORTS = "view_reports", "May read everybody's check-ins"
    MANAGE_DEVICES = "manage_devices", "May pair and revoke door devices"
    MANAGE_SETTINGS = "manage_settings", "May change the settings"
    APPROVE_CORRECTIONS = "approve_corrections", "May decide about corrections of the own departments"
    MANAGE_ATTENDANCE = "manage_attendance", "May plan shifts, holidays and leave, and close months"

    def __new__(cls, value: str, label: str = "") -> Right:
        """Give the codename its name."""
        made = str.__new__(cls, value)
        made._value_ = value
        made.label = label
        return made


ROLES: dict[str, tuple[Right, ...]] = {
    "Administrator": tuple(Right),
    "Clerk": (Right.VIEW_REPORTS,),
    "Manager": (Right.APPROVE_CORRECTIONS,),
    "HR": (Right.VIEW_REPORTS, Right.APPROVE_CORRECTIONS, Right.MANAGE_ATTENDANCE),
    "Identifier": (Right.IDENTIFY,),
}
"""Group name -> rights; `assure_roles` writes them, an administrator may compose others in the admin."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a user may do; nothing for nobody and for a deactivated user."""

    user: User | None

    def has(self, *rights: Right) -> bool:
        """Tell whether the user has at least one of the rights."""
        return (
            self.user is not None and self.user.is_active and any(self.user.has_perm(f"attendance.{r}") for r in rights)
        )

    def __getitem__(self, name: str) -> bool:
        """Let a template ask by name: `rights.manage_people`."""
        return self.has(Right(name))


def rights(user: User | AnonymousUser | None) -> Rights:
    """Return the object to ask."""
    return Rights(None if isinstance(user, AnonymousUser) else user)


def assure_roles() -> None:
    """Make the groups of `ROLES` with their rights; adds what is missing, takes nothing away."""
    for name, names in ROLES.items():
        group, _ = Group.objects.get_or_create(name=name)
        wanted = Permission.objects.filter(content_type__app_label="attendance", codename__in=names)
        group.permissions.add(*wanted)
