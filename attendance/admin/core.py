"""Users in the admin; the settings and the audit log are only shown."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.forms import ModelForm
from django.http import HttpRequest

from attendance.admin.guards import ReadOnly
from attendance.core import audit
from attendance.core.models import AuditChain, AuditEntry, SiteSettings, User


@admin.register(User)
class MusterUserAdmin(UserAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    """Accounts; changes are audited, and a password set by somebody else must be changed at the first sign-in."""

    list_display = (
        "username",
        "first_name",
        "last_name",
        "is_active",
        "is_staff",
        "must_change_password",
        "last_login",
    )
    list_filter = ("is_active", "is_staff", "groups", "must_change_password")
    fieldsets = (*(UserAdmin.fieldsets or ()), ("First sign-in", {"fields": ("must_change_password",)}))

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool) -> None:  # noqa: FBT001
        """Keep the account and the line about it."""
        if not change:
            obj.must_change_password = True
        super().save_model(request, obj, form, change)
        fields = ", ".join(sorted(form.changed_data))
        action = "core.change_user" if change else "core.add_user"
        audit.record(action, actor=_actor(request), subject=f"user:{obj.pk}", fields=fields)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Delete the account and keep the line about it."""
        audit.record("core.delete_user", actor=_actor(request), subject=f"user:{obj.pk}")
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Delete several, with a line for each."""
        for user in queryset:
            self.delete_model(request, user)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:  # noqa: A002
        """A password set by somebody else opens nothing but its change."""
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302 and str(getattr(request.user, "pk", "")) != id:
            User.objects.filter(pk=id).update(must_change_password=True)
            audit.record("core.set_password", actor=_actor(request), subject=f"user:{id}")
        return response


def _actor(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


@admin.register(SiteSettings)
class SiteSettingsAdmin(ReadOnly[SiteSettings]):
    """Changed on the settings page."""

    list_display = ("organisation", "site_name", "time_zone", "evidence_days")


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly[AuditEntry]):
    """Who did what; append-only."""

    list_display = ("at", "actor", "action", "subject", "sequence")
    list_filter = ("action",)
    list_select_related = ("actor",)
    search_fields = ("subject", "action")
    date_hierarchy = "at"


@admin.register(AuditChain)
class AuditChainAdmin(ReadOnly[AuditChain]):
    """Where the chain ends."""

    list_display = ("length", "head")
