"""The list of people, and the page of one person with photo, data and last check-ins."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, render

from attendance.core import clock, site
from attendance.core.permissions import Right
from attendance.people.models import Department, Person
from attendance.reports import door_places, faces_to_renew, look_alikes, searching
from attendance.reports import roster as report
from attendance.web import errors, paging, tables
from attendance.web.pages import Entry, Page
from attendance.web.people import enrolment, merging
from attendance.web.people.enrolment import PhotoForm
from attendance.web.people.membership import PinForm, department_periods

LAST_CHECK_INS = 8


class PeopleFilter(forms.Form):
    """The fields above the list of people."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Name or number"}),
    )
    department = forms.ModelChoiceField(Department.objects.all(), required=False, empty_label="All")
    shown = forms.ChoiceField(label="Show", required=False, choices=report.SHOWN)


def people(request: HttpRequest) -> HttpResponseBase:
    """Show everybody who is known."""
    zone = site.zone()
    form = PeopleFilter(request.GET)
    form.is_valid()
    department = form.cleaned_data.get("department")
    sort = request.GET.get("sort", "name")
    found = report.people(
        chosen=searching.people(
            text=form.cleaned_data.get("q") or "", department=department.pk if department else None
        ),
        shown=form.cleaned_data.get("shown") or "",
        sort=sort,
    )
    if tables.wants_file(request):
        table = report.table(found.iterator(), zone=zone)
        return tables.file(request, table, name=f"people-{clock.today(zone)}")
    page = paging.page(request, found)
    headings = tables.page(report.table((), zone=zone), sort=sort).headings
    alike = _names_alike()
    to_renew = faces_to_renew.find() if form.cleaned_data.get("shown") == report.RENEW else {}
    context = {
        "rows": [
            _row(person) | {"looks_like": alike.get(person.pk, []), "renew": to_renew.get(person.pk)} for person in page
        ],
        "renewing": form.cleaned_data.get("shown") == report.RENEW,
        "headings": {heading.label: heading for heading in headings},
        "page": page,
        "filter": form,
        "zone": zone,
        "nobody_at_all": not page.paginator.count and not request.GET,
    }
    return render(request, "attendance/people.html", context)


def _names_alike() -> dict[int, list[str]]:
    """Return the names of whom each person looks like; pairs are few."""
    found: dict[int, list[str]] = {}
    for each in look_alikes.look_alikes():
        found.setdefault(each.person.pk, []).append(each.other.name)
    return found


def _row(person: Person) -> dict[str, Any]:
    standing = report.standing(person)
    return {
        "person": person,
        "state": standing.state,
        "reason": errors.what(standing.code) if standing.code else "",
        "photo": getattr(person, "photo_id", None) if getattr(person, "photo_status", "") == "ready" else None,
    }


def person(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show one person."""
    found = get_object_or_404(Person.objects.select_related("department", "user", "site"), pk=pk)
    zone = site.zone()
    context = {
        "zone": zone,
        "pin_form": PinForm(),
        "periods": department_periods(found),
        "doors": door_places.doors_of(found),
        "door_groups": found.door_groups.select_related("group").order_by("group__name"),
        "site_name": found.site.name if found.site else site.settings().site_name,
        "photo_form": PhotoForm(),
        "last": found.check_ins.filter(voided_at=None)[:LAST_CHECK_INS],
        "month_ago": clock.today(zone) - dt.timedelta(days=30),
        **merging.records(found),
        **enrolment.state(found),
    }
    return render(request, "attendance/person.html", context)


PAGES = (
    Page(
        "people/",
        people,
        name="people",
        open_to=(Right.MANAGE_PEOPLE, Right.VIEW_REPORTS),
        menu=Entry(label="People", icon="people", order=40),
    ),
    Page("people/<int:pk>/", person, name="person", open_to=(Right.MANAGE_PEOPLE, Right.VIEW_REPORTS), menu="people"),
)
