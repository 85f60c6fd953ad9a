"""Which address leads to which page? Loads no torch: the recognizer is imported when first used."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("attendance.web.urls")),
]
