"""How does the day stand, at one glance?"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path


def today(request: HttpRequest) -> HttpResponse:
    """Show the day."""
    return render(request, "attendance/today.html")


urlpatterns = [path("", today, name="today")]
