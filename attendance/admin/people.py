"""People and their photos in the admin; deactivation and reactivation ask the rule."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from attendance.admin.guards import ReadOnly, each, read_only
from attendance.core import permissions
from attendance.core.permissions import Right
from attendance.enrolment import membership
from attendance.people.models import Department, DepartmentPeriod, FactCounter, FactLine, Person, ReferenceImage


@admin.register(Person)
class PersonAdmin(ReadOnly[Person]):
    """People; deactivating and reactivating ask the rule, everything else is done on their page."""

    list_display = ("name", "employee_number", "department", "is_matched", "created_at", "deactivated_at")
    list_filter = (
        "department",
        ("deactivated_at", admin.EmptyFieldListFilter),
        ("erased_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("department",)
    search_fields = ("name", "employee_number")
    exclude = ("pin_hash",)
    actions = ("deactivate", "reactivate")

    @admin.display(boolean=True, description="matched")
    def is_matched(self, person: Person) -> bool:
        """Whether this person may be matched."""
        return person.is_active

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """The same right as on the page."""
        return permissions.rights(request.user).has(Right.MANAGE_PEOPLE)

    @admin.action(description="Deactivate the selected people", permissions=["manage"])
    def deactivate(self, request: HttpRequest, rows: QuerySet[Person]) -> None:
        """Stop matching them."""
        each(self, request, rows, deed=membership.deactivate, done="deactivated")

    @admin.action(description="Reactivate the selected people", permissions=["manage"])
    def reactivate(self, request: HttpRequest, rows: QuerySet[Person]) -> None:
        """Match them again."""
        each(self, request, rows, deed=membership.reactivate, done="reactivated")


@admin.register(Department)
class DepartmentAdmin(admin.ModelAdmin[Department]):
    """Departments; a name alone, so it may be changed here."""

    list_display = ("name",)
    search_fields = ("name",)


@admin.register(ReferenceImage)
class ReferenceImageAdmin(ReadOnly[ReferenceImage]):
    """Photos; shown on the page of their person, which asks for the right."""

    list_display = ("pk", "person", "original_name", "submitted_at", "submitted_by", "withdrawn_at")
    list_filter = (("withdrawn_at", admin.EmptyFieldListFilter),)
    list_select_related = ("person", "submitted_by")
    search_fields = ("person__name", "original_name")
    date_hierarchy = "submitted_at"
    exclude = ("file",)


for _model in (DepartmentPeriod, FactCounter, FactLine):
    admin.site.register(_model, read_only(_model))
