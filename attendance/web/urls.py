"""Which address leads to which page? One line a page module; each module names its own addresses."""

from __future__ import annotations

from django.urls import URLResolver, include, path

urlpatterns: list[URLResolver] = [
    path("", include("attendance.web.sign_in")),
    path("", include("attendance.web.today")),
    path("", include("attendance.web.check_in")),
    path("", include("attendance.web.compare")),
    path("", include("attendance.web.encoders")),
    path("", include("attendance.web.kiosk")),
    path("", include("attendance.web.devices")),
    path("", include("attendance.web.health")),
    path("", include("attendance.web.records")),
    path("", include("attendance.web.attempts")),
    path("", include("attendance.web.photos")),
    path("", include("attendance.web.people")),
    path("", include("attendance.web.enrolling")),
    path("", include("attendance.web.membership")),
    path("", include("attendance.web.imports")),
    path("", include("attendance.web.settings")),
    path("", include("attendance.web.months")),
    path("", include("attendance.web.payroll")),
    path("", include("attendance.web.person_months")),
    path("", include("attendance.web.overtime_requests")),
    path("", include("attendance.web.sites")),
    path("", include("attendance.web.inbox")),
    path("", include("attendance.web.planning")),
    path("", include("attendance.web.holidays")),
    path("", include("attendance.web.status_codes")),
    path("", include("attendance.web.code_colours")),
    path("", include("attendance.web.staffing")),
]
