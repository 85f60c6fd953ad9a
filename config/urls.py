"""Addresses of all pages; no torch is loaded: the recognizer is imported when first used."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("attendance.web.urls")),
    path("admin/", admin.site.urls),  # after ours, whose sign-in page has a limit on tries
]

handler500 = "attendance.web.operation.unanswered.answer"
