"""Where a person works, from a day on: a move to another site, tried before it is saved."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from attendance.core import clock
from attendance.core import site as main_site
from attendance.core.errors import MusterError
from attendance.core.permissions import Right
from attendance.people import periods
from attendance.people.models import Person, Site
from attendance.web import access, errors, previews
from attendance.web.pages import Page
from attendance.workdays import dry_run
from attendance.workdays.schedule import employment


class MoveForm(forms.Form):
    """Another site from a day on."""

    site = forms.ModelChoiceField(Site.objects.all(), required=False, empty_label="the main one")
    since = previews.since_field()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        previews.offer(self, "since", day=clock.today(main_site.zone()))


def person_site(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show where somebody works, move them from a day on, or show which days that would change."""
    person = get_object_or_404(Person, pk=pk, erased_at=None)
    known, today = employment.sites_of(person), clock.today(main_site.zone())
    present = periods.value_on(known, today, otherwise=None)
    form = MoveForm(request.POST or None, initial={"site": present})
    preview = None
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["site"]
        try:
            since = previews.open_since(form, "since", otherwise=today)
            if previews.TRY in request.POST:
                preview = previews.preview(
                    dry_run.with_site(person, chosen, since=since),
                    since=since,
                    request=request,
                    people=Person.objects.filter(pk=pk),
                )
            else:
                moved = employment.move_to_site(person, chosen, since=since, actor=access.current_user(request))
                previews.report_saved(request, f"Saved; it holds from {previews.written(since)} on.", changed=moved)
                return redirect("person_site", pk=pk)
        except MusterError as error:
            form.add_error("since" if error.code == "day_closed" else None, errors.explain(error))
    called = dict(Site.objects.values_list("pk", "name"))
    context = {
        "person": person,
        "form": form,
        "preview": preview,
        "periods": [
            (called[number] if number is not None else "the main site", previews.written(since))
            for since, number in reversed(known)
        ],
    }
    refused = form.is_bound and preview is None
    return render(request, "attendance/person_site.html", context, status=422 if refused else 200)


PAGES = (
    Page("people/<int:pk>/site/", person_site, name="person_site", open_to=Right.MANAGE_ATTENDANCE, menu="people"),
)
