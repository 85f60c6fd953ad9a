"""Enrolment of one person: add them with a photo, replace the photo, and watch the worker's result."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from attendance.core import clock, site
from attendance.core.errors import MusterError, Refusal
from attendance.core.models import User
from attendance.core.permissions import Right
from attendance.enrolment import embedding, photos
from attendance.people import roster
from attendance.people.models import Department, Person
from attendance.recognition import engine
from attendance.reports import enrolled, look_alikes
from attendance.web import access, errors
from attendance.web.pages import PHOTO_BYTES, Page
from attendance.web.people import face_choice

TWICE = dt.timedelta(minutes=2)
"""The same form sent again within this time is a double click or a reload, not a second person."""
SLOW = dt.timedelta(seconds=20)
"""After this time the page says that the photo waits for the worker."""
LARGEST_FRAME = 2 * 2**20
"""A frame to be looked at is scaled down by the page before it is sent."""


class PersonForm(forms.Form):
    """The data of a person; `people.names` decides which text is valid."""

    employee_number = forms.CharField(label="Employee number", widget=forms.TextInput(attrs={"autocomplete": "off"}))
    name = forms.CharField(label="Name", widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}))
    department = forms.CharField(
        label="Department",
        required=False,
        widget=forms.TextInput(attrs={"list": "departments", "autocomplete": "off", "dir": "auto"}),
    )


class PhotoForm(forms.Form):
    """One photo."""

    photo = forms.FileField(
        label="Photo", required=False, allow_empty_file=True, widget=forms.FileInput(attrs={"accept": "image/*"})
    )


FIELDS = ("employee_number", "name", "department")


def show_refusal(form: forms.Form, refusal: MusterError) -> None:
    """Put the sentence beside the field that it is about."""
    field = next((name for name in FIELDS if name in refusal.code), None)
    form.add_error(field if field in form.fields else None, errors.explain(refusal))


def read_photo(upload: UploadedFile[Any] | None) -> bytes | None:
    """Return the bytes of an upload; one that is too large is refused before it is read."""
    if upload is None:
        return None
    if upload.size is not None and upload.size > photos.MAXIMUM_BYTES:
        raise Refusal("image_too_large", what="bytes", value=upload.size, limit=photos.MAXIMUM_BYTES)
    data: bytes = upload.read()
    return data


def enrol(request: HttpRequest) -> HttpResponseBase:
    """Show the form, or add the person with the photo: both or nothing."""
    form = PersonForm(request.POST or None)
    photo_form = PhotoForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and photo_form.is_valid():
        actor = access.current_user(request)
        person: Person | None
        try:
            person = _add(form.cleaned_data, photo_form.cleaned_data.get("photo"), actor=actor)
        except MusterError as error:
            person = _sent_twice(error, form.cleaned_data)
            about_photo = not any(name in error.code for name in FIELDS)
            show_refusal(photo_form if about_photo else form, error)
        if person is not None:
            return redirect("person", pk=person.pk)
    context = {"form": form, "photo_form": photo_form, "departments": Department.objects.all()}
    return render(request, "attendance/enrol.html", context, status=422 if request.method == "POST" else 200)


def _add(values: dict[str, Any], upload: UploadedFile[Any] | None, *, actor: User) -> Person:
    data = read_photo(upload)
    with transaction.atomic():
        person = roster.add(
            employee_number=values["employee_number"],
            name=values["name"],
            department=values["department"],
            actor=actor,
        )
        if data is not None:
            photos.submit(person, data, original_name=getattr(upload, "name", "") or "", actor=actor)
    return person


def _sent_twice(error: MusterError, values: dict[str, Any]) -> Person | None:
    """Return the person whom this very form has just added, when it was sent twice."""
    if error.code != "duplicate_employee_number":
        return None
    person = roster.find_by_number(values["employee_number"])
    same = person is not None and person.name == " ".join(values["name"].split())
    return person if person is not None and same and clock.now() - person.created_at < TWICE else None


@require_POST
def replace_photo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a new photo for a person; it replaces the present one once it shows the same face, or is confirmed."""
    person = get_object_or_404(Person, pk=pk)
    form = PhotoForm(request.POST, request.FILES)
    upload = form.cleaned_data.get("photo") if form.is_valid() else None
    try:
        data = read_photo(upload)
        if data is None:
            messages.warning(request, "No photo was chosen. Choose a file, drop one here, or use the webcam.")
        else:
            name = getattr(upload, "name", "") or ""
            photos.submit(person, data, original_name=name, actor=access.current_user(request))
    except MusterError as error:
        messages.error(request, errors.explain(error))
    return redirect("person", pk=pk)


def state(person: Person) -> dict[str, Any]:
    """Return what the live part of the page shows of a person's photo."""
    now = enrolled.current(person)
    row = now.embedding if now else None
    proposed = now.proposed.embedding if now and now.proposed else None
    return {
        "zone": site.zone(),
        "person": person,
        "enrolled": now,
        "look_alikes": look_alikes.look_alikes(person),
        "choice": face_choice.choice(now.photo_of_several) if now and now.photo_of_several else None,
        "embedding": row,
        "checks": enrolled.checks(row) if now and row and not now.is_pending else [],
        "what": errors.what(row.code) if row and row.code else "",
        "advice": errors.advice(row.code, row.facts) if row and row.code else "",
        "proposed_what": errors.what(proposed.code) if proposed and proposed.code else "",
        "proposed_advice": errors.advice(proposed.code, proposed.facts) if proposed and proposed.code else "",
        "is_slow": bool(now and now.is_pending and clock.now() - now.photo.submitted_at > SLOW),
    }


def person_status(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with the live part alone; the page asks again while the photo is pending."""
    return render(request, "attendance/_enrolled.html", state(get_object_or_404(Person, pk=pk)))


@require_POST
def resolve_look_alike(request: HttpRequest, pk: int) -> HttpResponse:
    """Save the decision about two pictures that look alike."""
    now = enrolled.current(get_object_or_404(Person, pk=pk))
    try:
        if now is not None and now.embedding is not None:
            embedding.resolve_look_alike(
                now.embedding, verdict=request.POST.get("verdict", ""), actor=access.current_user(request)
            )
    except Refusal as refusal:
        messages.warning(request, errors.explain(refusal))
    return redirect("person", pk=pk)


@require_POST
def look(request: HttpRequest) -> JsonResponse:
    """Answer with the places of the faces in a small picture, before a photo is sent; nothing is stored."""
    frame = request.FILES.get("frame")
    try:
        if frame is None or (frame.size or 0) > LARGEST_FRAME:
            raise Refusal("invalid_image")
        seen = engine.look(frame.read())
    except MusterError as error:
        return JsonResponse({"faces": [], "advice": errors.explain(error)})
    across, down = max(seen.width_pixels, 1), max(seen.height_pixels, 1)
    boxes = [
        {
            "left": face.box.left / across,
            "top": face.box.top / down,
            "width": face.box.width / across,
            "height": face.box.height / down,
        }
        for face in seen.faces
    ]
    return JsonResponse({"faces": boxes, "advice": _advice(len(boxes), seen.hint)})


def _advice(faces: int, hint: str | None) -> str:
    if not faces:
        return errors.sentence("face_not_found")
    if faces > 1:
        return f"There are {faces} faces. Send it, and you are asked which one it is."
    return errors.hint(hint) if hint else ""


PAGES = (
    Page("people/add/", enrol, name="enrol", open_to=Right.MANAGE_PEOPLE, menu="people", takes_bytes=PHOTO_BYTES),
    Page("people/look/", look, name="enrol_look", open_to=Right.MANAGE_PEOPLE, menu="people", takes_bytes=PHOTO_BYTES),
    Page(
        "people/<int:pk>/photo/",
        replace_photo,
        name="replace_photo",
        open_to=Right.MANAGE_PEOPLE,
        menu="people",
        takes_bytes=PHOTO_BYTES,
    ),
    Page(
        "people/<int:pk>/status/",
        person_status,
        name="person_status",
        open_to=(Right.MANAGE_PEOPLE, Right.VIEW_REPORTS),
        menu="people",
    ),
    Page(
        "people/<int:pk>/look-alike/",
        resolve_look_alike,
        name="resolve_look_alike",
        open_to=Right.MANAGE_PEOPLE,
        menu="people",
    ),
)
