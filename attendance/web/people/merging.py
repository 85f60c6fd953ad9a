"""Two records of one person: what a merge would move, the merge, and taking it apart again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from attendance.core.errors import MusterError, Refusal
from attendance.core.permissions import Right
from attendance.people.models import Person, PersonMerge
from attendance.web import access, errors, previews
from attendance.web.pages import Page
from attendance.workdays import merge_preview, merges

SUGGESTED = 5


class OtherForm(forms.Form):
    """Which record is the same person."""

    other = forms.CharField(label="Number or name of the other record", max_length=300)


class ReasonForm(forms.Form):
    """Why the two are one."""

    reason = forms.CharField(max_length=500, widget=forms.TextInput)


def merge_person(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Ask for the other record, show what would move, and merge."""
    _assure_both_rights(request)
    kept = get_object_or_404(Person.objects.select_related("department"), pk=pk, erased_at=None)
    context: dict[str, Any] = {"person": kept, "form": OtherForm(), "suggested": _suggested(kept)}
    status = 200
    if request.method == "POST" or request.GET.get("other"):
        try:
            other = _find(request.POST.get("other") or request.GET.get("other", ""), kept)
            context["form"] = OtherForm(initial={"other": other.employee_number or other.name})
            if request.method == "POST":
                merges.merge(kept, other, reason=request.POST.get("reason", ""), actor=access.current_user(request))
                messages.success(request, f"{other} was merged into {kept}. It can be taken apart below.")
                return redirect("person", pk=pk)
            found = merge_preview.preview(kept, other, actor=access.current_user(request))
            context |= {
                "other": other,
                "found": found,
                "preview": previews.show(found.outcome, request=request, with_numbers=True),
                "first_day": previews.written(found.first_day),
                "reason_form": ReasonForm(),
            }
        except MusterError as error:
            context["refused"], status = errors.explain(error), 422
            context["form"] = OtherForm(initial={"other": request.POST.get("other") or request.GET.get("other", "")})
    return render(request, "attendance/merge_person.html", context, status=status)


def _assure_both_rights(request: HttpRequest) -> None:
    """Refuse whoever manages people but no attendance: the check-ins of both records are concerned."""
    if not access.has(request, Right.MANAGE_ATTENDANCE):
        raise PermissionDenied


def _find(text: str, kept: Person) -> Person:
    """Return the record of that number, or of that name where only one has it. Raises `no_such_record`."""
    text = text.strip()
    others = _others(kept)
    found = list(others.filter(employee_number__iexact=text)[:2]) or list(others.filter(name__iexact=text)[:2])
    if text.startswith("#") and text[1:].isdecimal() and len(text) < 20:
        found = list(others.filter(pk=text[1:]))
    if not found:
        raise Refusal("no_such_record", text=text)
    if len(found) > 1:
        raise Refusal("several_records", text=text)
    return found[0]


def _others(kept: Person) -> QuerySet[Person]:
    return Person.objects.filter(erased_at=None).exclude(pk=kept.pk)


def _suggested(kept: Person) -> list[Person]:
    """Return records that may be the same person: of the same name, or with a photo that looks alike and waits."""
    alike = Q(references__embeddings__look_alike__person=kept, references__embeddings__look_alike_verdict="")
    found = _others(kept).filter(Q(name__iexact=kept.name) | alike)
    return list(found.exclude(merged_into__apart_at=None, merged_into__isnull=False).distinct()[:SUGGESTED])


@require_POST
def take_apart(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the other record stand for itself again."""
    _assure_both_rights(request)
    row = get_object_or_404(PersonMerge.objects.select_related("kept", "other", "photo"), pk=pk)
    try:
        merges.take_apart(row, actor=access.current_user(request))
    except MusterError as error:
        messages.warning(request, errors.explain(error))
    else:
        messages.success(request, f"{row.other} is a record of its own again. Closed months stay as they are.")
    return redirect("person", pk=row.kept_id)


def records(person: Person) -> dict[str, Any]:
    """Return the merges of a person, as their page shows them: into it, and it into another."""
    rows = PersonMerge.objects.filter(apart_at=None).select_related("kept", "other", "by")
    into_it = [(row, previews.written(row.first_day)) for row in rows.filter(kept=person)]
    return {"merges": into_it, "merged_into": rows.filter(other=person).first()}


PAGES = (
    Page("people/<int:pk>/merge/", merge_person, name="merge_person", open_to=Right.MANAGE_PEOPLE, menu="people"),
    Page("merges/<int:pk>/apart/", take_apart, name="take_apart", open_to=Right.MANAGE_PEOPLE, menu="people"),
)
