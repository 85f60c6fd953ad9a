"""Comparison of two pictures, or of one picture with a few classes; nothing that is sent is kept.

Works without JavaScript; with it a digit can be drawn, and the picture goes into the same form as a file.
"""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from attendance.core.errors import Fault, MusterError, Refusal
from attendance.recognition import comparing
from attendance.recognition.comparing import Choice, Comparison
from attendance.web import errors
from attendance.web.pages import PHOTOS_BYTES, Audience, Entry, Page

logger = logging.getLogger(__name__)

CLASSES = 3
"""Rows of the support set."""
LIMIT_BYTES = 25 * 1024 * 1024
LABELS = {"faces": "Faces", "digits": "Digits", "signatures": "Signatures"}
ALIKE = {
    "faces": ("the same person", "two people"),
    "digits": ("the same digit", "different digits"),
    "signatures": ("the same hand", "not the same hand"),
}
"""Kind -> what alike and unlike mean in words."""
SCALE_WIDTH = 600


@dataclass(frozen=True, slots=True)
class Shown:
    """A comparison in words and as places on a scale `SCALE_WIDTH` wide."""

    comparison: Comparison
    verdict: str
    meaning: str
    pictures: tuple[str, ...]
    percent: int
    at_distance: float
    at_threshold: float
    name: str = ""


@never_cache
@require_http_methods(["GET", "POST"])
def compare(request: HttpRequest) -> HttpResponse:
    """Show the page, and the result of what was sent."""
    kinds = comparing.kinds()
    kind = request.POST.get("kind", "digits" if "digits" in kinds else kinds[0])
    kind = kind if kind in kinds else kinds[0]
    mode = "set" if (request.POST.get("mode") or request.GET.get("mode")) == "set" else "pair"
    context: dict[str, object] = {
        "kinds": [(name, LABELS[name]) for name in kinds],
        "kind": kind,
        "mode": mode,
        "rows": [(number, request.POST.get(f"name_{number}", "")) for number in range(1, CLASSES + 1)],
    }
    status = 200
    if request.method == "POST":
        try:
            context |= _set(request, kind) if mode == "set" else _pair(request, kind)
        except Fault as fault:
            logger.exception("a comparison failed")
            context["error"], status = errors.explain(fault), 503
        except MusterError as refusal:
            context["error"], status = errors.explain(refusal), 400
    return render(request, "attendance/compare.html", context, status=status)


def _pair(request: HttpRequest, kind: str) -> dict[str, object]:
    references, probe = _files(request, "first"), _files(request, "second")
    if not references or not probe:
        raise Refusal("no_picture")
    return {"shown": _shown(comparing.compare(kind, references=references, probe=probe[0]), kind)}


def _set(request: HttpRequest, kind: str) -> dict[str, object]:
    classes: dict[str, list[bytes]] = {}
    for number in range(1, CLASSES + 1):
        files = _files(request, f"files_{number}")
        if files:
            classes[request.POST.get(f"name_{number}", "").strip()[:80] or f"class {number}"] = files
    query = _files(request, "query")
    if not query or len(classes) < 2:
        raise Refusal("no_picture")
    chosen: Choice = comparing.choose(kind, classes=classes, query=query[0])
    return {
        "choice": chosen,
        "ranking": [_shown(comparison, kind, name=name) for name, comparison in chosen.ranking],
    }


def _files(request: HttpRequest, name: str) -> list[bytes]:
    uploads = request.FILES.getlist(name)[: comparing.MOST_REFERENCES]
    for upload in uploads:
        if (upload.size or 0) > LIMIT_BYTES:
            raise Refusal("image_too_large", what="bytes", value=upload.size, limit=LIMIT_BYTES)
    return [upload.read() for upload in uploads]


def _shown(comparison: Comparison, kind: str, *, name: str = "") -> Shown:
    _, different = ALIKE[kind]
    longest = max(2.0, comparison.distance, comparison.threshold)
    rate = comparison.false_match_rate
    often = "fewer than one in a million" if rate < 1e-6 else f"about {_one_in(rate)}"
    return Shown(
        comparison=comparison,
        verdict=_verdict(comparison, kind, among_classes=bool(name)),
        meaning=f"Of pairs that are {different}, {often} are at least this near.",
        pictures=tuple(
            f"data:image/png;base64,{base64.b64encode(picture).decode()}" for picture in comparison.pictures
        ),
        percent=round(100 * comparison.similarity),
        at_distance=round(SCALE_WIDTH * comparison.distance / longest, 1),
        at_threshold=round(SCALE_WIDTH * comparison.threshold / longest, 1),
        name=name,
    )


def _verdict(comparison: Comparison, kind: str, *, among_classes: bool) -> str:
    """Return the verdict in words; among classes of somebody's own it says only whether two pictures are alike."""
    same, different = ALIKE[kind]
    verdict, meaning = ("Alike", same) if comparison.alike else ("Not alike", different)
    return f"{verdict}." if among_classes else f"{verdict}: {meaning}."


def _one_in(rate: float) -> str:
    return f"{rate:.0%}" if rate >= 0.1 else f"1 in {round(1 / rate):,}"


PAGES = (
    Page(
        "compare/",
        compare,
        name="compare",
        open_to=Audience.SIGNED_IN,
        menu=Entry(label="Compare", icon="compare", order=70),
        takes_bytes=PHOTOS_BYTES,
    ),
)
