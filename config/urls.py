"""Which address leads to which page? Loads no torch: the recognizer is imported when first used."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path(
        "admin/login/",
        login_not_required(RedirectView.as_view(pattern_name="sign_in", query_string=True)),
        name="admin_sign_in",
    ),
    path("admin/", admin.site.urls),
    path("", include("attendance.web.urls")),
]
