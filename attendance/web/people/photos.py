"""Photos, given only to those who may see them; no photo has a public address.

The bytes of an upload were chosen by somebody else, so only the few kinds that a browser shows as a picture are
given as such, whatever the file is called, and never with power over the page.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models.fields.files import FieldFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from attendance.checkins.models import Attempt
from attendance.core.models import User
from attendance.core.permissions import Right
from attendance.people.models import ReferenceImage
from attendance.recognition.models import ReferenceEmbedding
from attendance.web import access
from attendance.web.pages import Audience, Page

SIGNATURES = (
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"GIF8", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"ftypavif", 4, "image/avif"),
)
"""First bytes, their place, and the kind that a browser can show."""


def _may_see(request: HttpRequest, *, owner: User | None) -> None:
    """Pass whoever manages people or reads reports, and the person shown."""
    if access.has(request, Right.MANAGE_PEOPLE, Right.VIEW_REPORTS):
        return
    if owner is None or owner != request.user:
        raise PermissionDenied


def _picture(data: bytes) -> HttpResponse:
    kind = next((kind for start, at, kind in SIGNATURES if data[at : at + len(start)] == start), None)
    response = HttpResponse(data, content_type=kind or "application/octet-stream")
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if kind is None:
        response["Content-Disposition"] = 'attachment; filename="photo"'
    return response


def _stored(file: FieldFile) -> HttpResponse:
    try:
        with file.open("rb") as opened:
            return _picture(opened.read())
    except (FileNotFoundError, ValueError):
        raise Http404 from None


def person_photo(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with a reference photo as it was submitted; `pk` is that of the photo."""
    access.current_user(request)
    found = ReferenceImage.objects.select_related("person__user").filter(pk=pk).first()
    _may_see(request, owner=found.person.user if found else None)
    if found is None:
        raise Http404
    return _stored(found.file)


def reference_face(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with the aligned face of a reference photo, as the newest encoder saw it."""
    access.current_user(request)
    embeddings = ReferenceEmbedding.objects.filter(reference=pk, aligned__isnull=False)
    found = embeddings.select_related("reference__person__user").order_by("-pk").first()
    _may_see(request, owner=found.reference.person.user if found else None)
    if found is None or found.aligned is None:
        raise Http404
    return _picture(bytes(found.aligned))


def attempt_face(_request: HttpRequest, /, pk: int) -> HttpResponse:
    """Answer with the aligned face of an attempt."""
    aligned = get_object_or_404(Attempt.objects.only("aligned"), pk=pk).aligned
    if not aligned:
        raise Http404
    return _picture(bytes(aligned))


def attempt_evidence(_request: HttpRequest, /, pk: int) -> HttpResponse:
    """Answer with the picture of an attempt, while it is kept."""
    evidence = get_object_or_404(Attempt.objects.only("evidence"), pk=pk).evidence
    if not evidence:
        raise Http404
    return _stored(evidence)


PAGES = (
    Page("photos/<int:pk>/", person_photo, name="person_photo", open_to=Audience.SIGNED_IN),
    Page("photos/<int:pk>/face/", reference_face, name="reference_face", open_to=Audience.SIGNED_IN),
    Page("attempts/<int:pk>/face/", attempt_face, name="attempt_face", open_to=Right.VIEW_REPORTS),
    Page("attempts/<int:pk>/evidence/", attempt_evidence, name="attempt_evidence", open_to=Right.VIEW_REPORTS),
)
