"""Django's admin: every row can be looked up; what needs a rule cannot be done here."""

from django.contrib import admin

from attendance.admin import checkins, core, enrolment, people, recognition, workdays

admin.site.site_header = "Muster administration"
admin.site.site_title = "Muster"
admin.site.index_title = "Every row"

__all__ = ["checkins", "core", "enrolment", "people", "recognition", "workdays"]
