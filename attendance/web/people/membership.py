"""Changes a person: number, name, department from a day on, PIN, account, deactivation and deletion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from attendance.core import clock, site
from attendance.core.errors import MusterError, Refusal
from attendance.core.models import User
from attendance.core.permissions import Right
from attendance.enrolment import membership
from attendance.people import accounts, departments, names, roster, sign_in_links
from attendance.people.models import Department, Person, PersonMerge
from attendance.privacy import erasure
from attendance.web import access, errors, previews
from attendance.web.pages import Page
from attendance.web.people.enrolment import PersonForm, show_refusal
from attendance.workdays import dry_run
from attendance.workdays.schedule import employment


class PinForm(forms.Form):
    """A PIN for the way without a face."""

    pin = forms.CharField(
        label="New PIN",
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "new-password"}),
    )


class ChangeForm(PersonForm):
    """Number and name, and the department with the day from which it holds."""

    since = previews.since_field("Another department holds from")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        previews.offer(self, "since", day=clock.today(site.zone()))


def change_person(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Show number, name and department, keep what was changed, or show which days another department changes."""
    person = get_object_or_404(Person.objects.select_related("department"), pk=pk, erased_at=None)
    known = _shown(person)
    form = ChangeForm(request.POST or None, initial=known)
    preview = None
    if request.method == "POST" and form.is_valid():
        try:
            if previews.TRY in request.POST:
                preview = _department_preview(request, person, form)
            else:
                departments_before = department_periods(person)
                employment.change_person(person, **form.cleaned_data, actor=access.current_user(request))
                saved = Person.objects.select_related("department").get(pk=pk)
                changed = _shown(saved) != known or department_periods(saved) != departments_before
                previews.report_saved(request, "Saved.", changed=changed)
                return redirect("person", pk=pk)
        except MusterError as error:
            if error.code == "day_closed":
                form.add_error("since", errors.explain(error))
            else:
                show_refusal(form, error)
    context = {
        "form": form,
        "person": Person.objects.get(pk=pk),
        "departments": Department.objects.all(),
        "preview": preview,
        "periods": department_periods(person),
    }
    refused = form.is_bound and preview is None
    return render(request, "attendance/change_person.html", context, status=422 if refused else 200)


def _shown(person: Person) -> dict[str, str | None]:
    return {
        "employee_number": person.employee_number,
        "name": person.name,
        "department": person.department.name if person.department else "",
    }


def _department_preview(request: HttpRequest, person: Person, form: ChangeForm) -> previews.Preview:
    since = previews.open_since(form, "since", otherwise=clock.today(site.zone()))
    name = names.clean_department(form.cleaned_data["department"])
    chosen = Department.objects.filter(name=name).first() or (Department(name=name) if name else None)
    return previews.preview(
        dry_run.with_department(person, chosen, since=since),
        since=since,
        request=request,
        people=Person.objects.filter(pk=person.pk),
    )


def department_periods(person: Person) -> list[tuple[str, str]]:
    """Return the departments of somebody who moved, the newest first: name and first day in words."""
    known = departments.periods_of([person.pk]).get(person.pk, ())
    called = dict(Department.objects.values_list("pk", "name"))
    return [(called.get(number or 0, "no department"), previews.written(since)) for since, number in reversed(known)]


@require_POST
def set_pin(request: HttpRequest, pk: int) -> HttpResponse:
    """Set or take away the PIN."""
    person = get_object_or_404(Person, pk=pk)
    form = PinForm(request.POST)
    pin = form.cleaned_data["pin"] if form.is_valid() else ""
    if not pin and "remove" not in request.POST:
        messages.warning(request, "No PIN was typed; nothing was changed.")
        return redirect("person", pk=pk)
    words = "The PIN was taken away." if "remove" in request.POST else "The PIN was set."

    def deed(person: Person, *, actor: User | None) -> None:
        roster.set_pin(person, "" if "remove" in request.POST else pin, actor=actor)

    return _do(request, person, deed, words=words)


@require_POST
def link_account(request: HttpRequest, pk: int) -> HttpResponse:
    """Link the account by which this person signs in and checks in, or none."""
    person = get_object_or_404(Person, pk=pk)
    username = request.POST.get("username", "")

    def deed(person: Person, *, actor: User | None) -> object:
        return accounts.link(person, username, actor=actor)

    words = "The account is linked." if username.strip() else "No account is linked any more."
    return _do(request, person, deed, words=words)


@require_POST
def issue_sign_in_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a link that lets this person's account in, for whoever is locked out by wrong passwords."""
    person = get_object_or_404(Person.objects.select_related("user"), pk=pk)
    try:
        secret = sign_in_links.issue(person.user, actor=access.current_user(request))
    except Refusal as refusal:
        messages.error(request, errors.explain(refusal))
    else:
        link = request.build_absolute_uri(reverse("sign_in_by_link", args=[secret]))
        messages.success(request, f"Give this link to {person.name}. It works once, within 15 minutes: {link}")
    return redirect("person", pk=person.pk)


@require_POST
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop matching a person; photo and past stay."""
    person = get_object_or_404(Person, pk=pk)
    return _do(request, person, membership.deactivate, words=f"{person.name} is not matched any more.")


@require_POST
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Match a person again."""
    person = get_object_or_404(Person, pk=pk)
    return _do(request, person, membership.reactivate, words=f"{person.name} can check in again.")


def _do(request: HttpRequest, person: Person, deed: Callable[..., object], *, words: str) -> HttpResponse:
    """Do one deed and say so, or say why not; then show the person."""
    try:
        deed(person, actor=access.current_user(request))
    except MusterError as error:
        messages.error(request, errors.explain(error))
    else:
        messages.success(request, words)
    return redirect("person", pk=person.pk)


def delete_person(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Ask once more, then delete name, number, photos and vectors; the check-ins stay without a name."""
    person = get_object_or_404(Person, pk=pk, erased_at=None)
    if request.method != "POST":
        merged = PersonMerge.objects.filter(kept=person, apart_at=None).select_related("other")
        context = {"person": person, "check_ins": person.check_ins.count(), "merged": merged}
        return render(request, "attendance/delete_person.html", context)
    name = person.name
    try:
        erasure.erase(person, actor=access.current_user(request))
    except MusterError as error:
        messages.error(request, errors.explain(error))
        return redirect("person", pk=pk)
    messages.success(request, f"{name} was deleted: name, number, photos and vectors are gone.")
    return redirect("people")


PAGES = (
    Page("people/<int:pk>/change/", change_person, name="change_person", open_to=Right.MANAGE_PEOPLE, menu="people"),
    Page("people/<int:pk>/pin/", set_pin, name="set_pin", open_to=Right.MANAGE_PEOPLE, menu="people"),
    Page("people/<int:pk>/account/", link_account, name="link_account", open_to=Right.MANAGE_PEOPLE, menu="people"),
    Page(
        "people/<int:pk>/sign-in-link/",
        issue_sign_in_link,
        name="issue_sign_in_link",
        open_to=Right.MANAGE_PEOPLE,
        menu="people",
    ),
    Page("people/<int:pk>/deactivate/", deactivate, name="deactivate", open_to=Right.MANAGE_PEOPLE, menu="people"),
    Page("people/<int:pk>/reactivate/", reactivate, name="reactivate", open_to=Right.MANAGE_PEOPLE, menu="people"),
    Page("people/<int:pk>/delete/", delete_person, name="delete_person", open_to=Right.MANAGE_PEOPLE, menu="people"),
)
