"""Base classes of the admin: rows are read-only, and actions ask a rule."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib import admin, messages
from django.db.models import BinaryField, ForeignKey, JSONField, Model, QuerySet
from django.http import HttpRequest

from attendance.core.errors import MusterError

Row = TypeVar("Row", bound=Model)

MOST_COLUMNS = 8


class ReadOnly(admin.ModelAdmin[Row]):
    """Shows rows that only rules write: nothing is added, changed or deleted here."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Nobody deletes."""
        return False


def each(modeladmin: admin.ModelAdmin[Any], request: HttpRequest, rows: QuerySet[Any], *, deed: Any, done: str) -> None:
    """Ask the rule for each row on its own; one that is refused does not stop the others."""
    count = 0
    for row in rows:
        try:
            deed(row, actor=request.user)
        except MusterError as error:
            modeladmin.message_user(request, f"{row}: {error}", messages.WARNING)
        else:
            count += 1
    if count:
        modeladmin.message_user(request, f"{count} {done}", messages.SUCCESS)


def read_only(model: type[Model]) -> type[ReadOnly[Model]]:
    """Make a read-only admin of a model: its plain fields as columns, its choices as filters."""
    plain = [field for field in model._meta.concrete_fields if not isinstance(field, JSONField | BinaryField)]
    return type(
        f"{model.__name__}Admin",
        (ReadOnly,),
        {
            "__doc__": f"Rows of {model._meta.verbose_name_plural}.",
            "list_display": tuple(field.name for field in plain[:MOST_COLUMNS]),
            "list_filter": tuple(field.name for field in plain if field.choices),
            "list_select_related": tuple(field.name for field in plain if isinstance(field, ForeignKey)) or False,
        },
    )
