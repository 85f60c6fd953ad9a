"""Decisions about the photos of one person: which face, another face in its place, what was replaced, who is alike."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from attendance.core.errors import MusterError, Refusal
from attendance.core.models import User
from attendance.core.permissions import Right
from attendance.enrolment import choosing, embedding, replacing
from attendance.people.models import Person, ReferenceImage
from attendance.recognition import pairs
from attendance.reports import enrolled
from attendance.web import access, errors
from attendance.web.pages import Page
from attendance.web.people import face_choice


@require_POST
def choose_face(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the face of a photo that somebody pointed at."""
    person = get_object_or_404(Person, pk=pk)
    now = enrolled.current(person)

    def choose(photo: ReferenceImage, *, actor: User | None) -> None:
        choosing.choose(photo, place=face_choice.read_place(request.POST.get("place", "")), actor=actor)

    photo = now.photo_of_several if now is not None else None
    return _done(request, person, photo, choose, code="nothing_to_choose", words="This face is being read.")


@require_POST
def replace_face(request: HttpRequest, pk: int) -> HttpResponse:
    """Use the new photo though it shows another face, or keep the old one."""
    person = get_object_or_404(Person, pk=pk)
    is_confirmed = request.POST.get("verdict") == "replace"

    def decide(photo: ReferenceImage, *, actor: User | None) -> None:
        (embedding.confirm if is_confirmed else replacing.discard)(photo, actor=actor)

    words = "The new photo counts from now on." if is_confirmed else "The old photo was kept."
    return _done(request, person, replacing.proposed(person), decide, code="nothing_proposed", words=words)


@require_POST
def restore_photo(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring back the photo that was replaced within the last week."""
    person = get_object_or_404(Person, pk=pk)
    words = "The photo of before is back."
    return _done(
        request, person, replacing.restorable(person), replacing.restore, code="nothing_to_restore", words=words
    )


@require_POST
def dissolve_pair(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget that this person looks like another one; the face alone is enough again."""
    person = get_object_or_404(Person, pk=pk)
    number = request.POST.get("other", "")
    other = Person.objects.filter(pk=number).first() if number.isdecimal() and len(number) < 19 else None
    try:
        if other is None:
            raise Refusal("no_look_alike")
        pairs.dissolve(person, other, actor=access.current_user(request))
    except MusterError as error:
        messages.warning(request, errors.explain(error))
    else:
        messages.success(request, f"{person.name} and {other.name} are no look-alikes any more.")
    return redirect("person", pk=pk)


def _done(
    request: HttpRequest,
    person: Person,
    photo: ReferenceImage | None,
    deed: Callable[..., object],
    *,
    code: str,
    words: str,
) -> HttpResponse:
    """Do the deed to the photo that the person was shown, unless it is another one by now."""
    try:
        if photo is None or request.POST.get("photo") != str(photo.pk):
            raise Refusal(code)
        deed(photo, actor=access.current_user(request))
    except MusterError as error:
        messages.warning(request, errors.explain(error))
    else:
        messages.success(request, words)
    return redirect("person", pk=person.pk)


PAGES = (
    Page("people/<int:pk>/which-face/", choose_face, name="choose_face", open_to=Right.MANAGE_PEOPLE, menu="people"),
    Page("people/<int:pk>/face/", replace_face, name="replace_face", open_to=Right.MANAGE_PEOPLE, menu="people"),
    Page("people/<int:pk>/not-alike/", dissolve_pair, name="dissolve_pair", open_to=Right.MANAGE_PEOPLE, menu="people"),
    Page("people/<int:pk>/restore/", restore_photo, name="restore_photo", open_to=Right.MANAGE_PEOPLE, menu="people"),
)
