"""Which address leads to which page? One line a page module; each module names its own addresses."""

from __future__ import annotations

from django.urls import URLResolver, include, path

urlpatterns: list[URLResolver] = [
    path("", include("attendance.web.account.sign_in")),
    path("", include("attendance.web.records.today")),
    path("", include("attendance.web.door.check_in")),
    path("", include("attendance.web.recognition.compare")),
    path("", include("attendance.web.recognition.models")),
    path("", include("attendance.web.door.kiosk")),
    path("", include("attendance.web.door.devices")),
    path("", include("attendance.web.operation.health")),
    path("", include("attendance.web.records.check_ins")),
    path("", include("attendance.web.records.attempts")),
    path("", include("attendance.web.people.photos")),
    path("", include("attendance.web.people.directory")),
    path("", include("attendance.web.people.enrolment")),
    path("", include("attendance.web.people.membership")),
    path("", include("attendance.web.people.imports")),
    path("", include("attendance.web.operation.settings")),
    path("", include("attendance.web.months.reports")),
    path("", include("attendance.web.months.payroll")),
    path("", include("attendance.web.months.person_month")),
    path("", include("attendance.web.months.overtime_requests")),
    path("", include("attendance.web.planning.sites")),
    path("", include("attendance.web.months.inbox")),
    path("", include("attendance.web.planning.shifts")),
    path("", include("attendance.web.planning.holidays")),
    path("", include("attendance.web.planning.status_codes")),
    path("", include("attendance.web.months.code_colours")),
    path("", include("attendance.web.planning.staff")),
]
