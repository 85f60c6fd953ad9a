"""Imports in the admin, read-only; they are started and stopped on their page."""

from __future__ import annotations

from django.contrib import admin

from attendance.admin.guards import ReadOnly
from attendance.enrolment.models import Import, ImportRow


@admin.register(Import)
class ImportAdmin(ReadOnly[Import]):
    """Bulk enrolments."""

    list_display = ("name", "state", "code", "started_by", "created_at", "finished_at")
    list_filter = ("state",)
    list_select_related = ("started_by",)
    search_fields = ("name",)


@admin.register(ImportRow)
class ImportRowAdmin(ReadOnly[ImportRow]):
    """Their files, each with its verdict."""

    list_display = ("filename", "batch", "employee_number", "name", "state", "code")
    list_filter = ("state", "code")
    list_select_related = ("batch",)
    search_fields = ("filename", "employee_number", "name")
