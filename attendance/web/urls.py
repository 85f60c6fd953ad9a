"""The addresses of Muster: the pages that each module declares."""

from __future__ import annotations

from attendance.web.account import sign_in
from attendance.web.door import check_in, devices, door_places, kiosk
from attendance.web.months import (
    adjustments,
    approved_requests,
    closing,
    code_colours,
    differences,
    inbox,
    overtime_requests,
    payroll,
    person_month,
    reports,
    withdrawn_times,
)
from attendance.web.operation import health, settings
from attendance.web.pages import Page
from attendance.web.people import directory, enrolment, imports, membership, merging, photo_decisions, photos
from attendance.web.planning import holidays, places, records_begin, rules, shifts, sites, staff, status_codes
from attendance.web.recognition import compare, encoders, models
from attendance.web.records import attempts, check_ins, match_reviews, replaying, today

PAGES: tuple[Page, ...] = (
    *sign_in.PAGES,
    *check_in.PAGES,
    *devices.PAGES,
    *door_places.PAGES,
    *kiosk.PAGES,
    *adjustments.PAGES,
    *approved_requests.PAGES,
    *closing.PAGES,
    *code_colours.PAGES,
    *differences.PAGES,
    *inbox.PAGES,
    *overtime_requests.PAGES,
    *payroll.PAGES,
    *person_month.PAGES,
    *reports.PAGES,
    *withdrawn_times.PAGES,
    *health.PAGES,
    *settings.PAGES,
    *directory.PAGES,
    *enrolment.PAGES,
    *imports.PAGES,
    *membership.PAGES,
    *merging.PAGES,
    *photo_decisions.PAGES,
    *photos.PAGES,
    *holidays.PAGES,
    *places.PAGES,
    *records_begin.PAGES,
    *rules.PAGES,
    *shifts.PAGES,
    *sites.PAGES,
    *staff.PAGES,
    *status_codes.PAGES,
    *compare.PAGES,
    *encoders.PAGES,
    *models.PAGES,
    *attempts.PAGES,
    *check_ins.PAGES,
    *match_reviews.PAGES,
    *replaying.PAGES,
    *today.PAGES,
)
urlpatterns = [page.url_pattern() for page in PAGES]
