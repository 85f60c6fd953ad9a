"""Who is employed from when to when, and who leads which department?"""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_POST

from attendance.core.errors import MusterError
from attendance.core.models import User
from attendance.people import roster
from attendance.people.models import Department
from attendance.web import access, errors
from attendance.web.typed_days import DayField
from attendance.workdays import staffing
from attendance.workdays.models import DepartmentManager, Employment, Site

LISTED = 100


class EmploymentForm(forms.Form):
    """First and last day, by employee number."""

    employee_number = forms.CharField(max_length=64)
    joined = DayField(label="First day")
    left = DayField(label="Last day", required=False)
    site = forms.ModelChoiceField(Site.objects.all(), required=False, empty_label="the main one")


class ManagerForm(forms.Form):
    """Who leads which department."""

    department = forms.ModelChoiceField(Department.objects.all(), empty_label="Choose")
    user = forms.ModelChoiceField(User.objects.filter(is_active=True).order_by("username"), empty_label="Choose")


@access.require("manage_attendance")
def staff(request: HttpRequest) -> HttpResponseBase:
    """Show employments and managers."""
    context = {
        "employment_form": EmploymentForm(),
        "manager_form": ManagerForm(),
        "managers": DepartmentManager.objects.select_related("department", "user").order_by("department__name"),
        "employments": Employment.objects.select_related("person", "site").order_by("-joined", "-pk")[:LISTED],
    }
    return render(request, "attendance/staff.html", context)


@access.require("manage_attendance")
@require_POST
def employ(request: HttpRequest) -> HttpResponse:
    """Keep first and last day."""
    form = EmploymentForm(request.POST)
    person = roster.find_by_number(request.POST.get("employee_number", ""))
    if not form.is_valid():
        messages.error(request, errors.of_form(form))
        return redirect("staff")
    if person is None:
        messages.error(request, "Nobody has this employee number.")
        return redirect("staff")
    typed = form.cleaned_data
    try:
        staffing.employ(
            person,
            joined=typed["joined"],
            left=typed["left"],
            site=typed["site"],
            actor=access.current_user(request),
        )
    except MusterError as error:
        messages.error(request, f"{errors.what(error.code)} {errors.advice(error.code, error.facts)}")
    else:
        messages.success(request, "Saved.")
    return redirect("staff")


@access.require("manage_attendance")
@require_POST
def appoint(request: HttpRequest) -> HttpResponse:
    """Let somebody lead a department."""
    form = ManagerForm(request.POST)
    if form.is_valid():
        typed = form.cleaned_data
        staffing.appoint(typed["department"], typed["user"], actor=access.current_user(request))
        messages.success(request, "Appointed; the role Manager gives the right to decide.")
    return redirect("staff")


@access.require("manage_attendance")
@require_POST
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Take that back."""
    staffing.dismiss(get_object_or_404(DepartmentManager, pk=pk), actor=access.current_user(request))
    messages.success(request, "Done.")
    return redirect("staff")


urlpatterns = [
    path("planning/staff/", staff, name="staff"),
    path("planning/staff/employ/", employ, name="employ"),
    path("planning/staff/managers/", appoint, name="appoint"),
    path("planning/staff/managers/<int:pk>/dismiss/", dismiss, name="dismiss"),
]
