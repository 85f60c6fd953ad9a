"""Doors, attempts and check-ins in the admin, read-only; a door is revoked by its rule."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from attendance.admin.guards import ReadOnly, each
from attendance.checkins import devices
from attendance.checkins.models import Attempt, CheckIn, Device, PairingCode, PinThrottle
from attendance.core import permissions
from attendance.core.permissions import Right


@admin.register(Device)
class DeviceAdmin(ReadOnly[Device]):
    """Doors; paired on their page, revoked there or here."""

    list_display = ("name", "paired_at", "last_seen_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("name",)
    exclude = ("token_hash",)
    actions = ("revoke",)

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """The same right as on the page."""
        return permissions.rights(request.user).has(Right.MANAGE_DEVICES)

    @admin.action(description="Revoke the selected doors", permissions=["manage"])
    def revoke(self, request: HttpRequest, rows: QuerySet[Device]) -> None:
        """Their tokens open nothing any more."""
        each(self, request, rows, deed=devices.revoke, done="revoked")


@admin.register(PairingCode)
class PairingCodeAdmin(ReadOnly[PairingCode]):
    """Codes that were given out; only hashes are kept, and they are not shown."""

    list_display = ("pk", "device", "created_at", "expires_at", "tries_left", "used_at")
    list_select_related = ("device",)
    exclude = ("code_hash",)


@admin.register(Attempt)
class AttemptAdmin(ReadOnly[Attempt]):
    """Tries to be recognized; the page of an attempt explains it."""

    list_display = ("pk", "at", "answer", "code", "person", "distance", "threshold", "channel", "method", "device")
    list_filter = ("answer", "channel", "method", "code", "weakness", "device")
    list_select_related = ("person", "device")
    search_fields = ("person__name", "person__employee_number")
    date_hierarchy = "at"
    exclude = ("aligned", "evidence")


@admin.register(CheckIn)
class CheckInAdmin(ReadOnly[CheckIn]):
    """Check-ins; never edited."""

    list_display = ("pk", "at", "person", "direction", "method", "device", "voided_at", "void_reason")
    list_filter = ("direction", "method", "device", ("voided_at", admin.EmptyFieldListFilter))
    list_select_related = ("person", "device")
    search_fields = ("person__name", "person__employee_number")
    date_hierarchy = "at"


@admin.register(PinThrottle)
class PinThrottleAdmin(ReadOnly[PinThrottle]):
    """Waits after wrong PINs."""

    list_display = ("pk", "failures", "locked_until")
    exclude = ("key",)
