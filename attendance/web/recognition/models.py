"""The page Models: every encoder with its card, its figures and its pictures, for administrators."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from attendance.core.errors import Fault, Refusal
from attendance.core.permissions import Right
from attendance.recognition import runtimes, training
from attendance.recognition.runtimes import FacesRunning
from attendance.web.pages import Entry, Page

TITLES = {
    "loss": "Loss while training",
    "distances": "Distances of genuine and impostor pairs, with the threshold",
    "curves": "ROC and DET",
    "embedding": "The test set as points",
    "optimizers": "The same embedding by two optimizers, with the elongation of its clusters",
    "hardest": "Hardest false matches and false non-matches",
}
WIDE = frozenset({"curves", "optimizers", "hardest"})
"""Pictures of several panels; side by side with others nobody could read them."""
JOINED = frozenset({"comparator", "learned pair"})
"""Architectures that give no embedding of one picture."""


@dataclass(frozen=True, slots=True)
class Row:
    """One card as the page shows it."""

    name: str
    run: str
    facts: tuple[tuple[str, str], ...]
    figures: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]
    pictures: tuple[tuple[str, str], ...]
    card: str
    draw: str


@require_GET
def models(request: HttpRequest) -> HttpResponse:
    """Show every card with its pictures."""
    running = _faces_running()
    rows = [_row(one, running=running) for one in training.kept()]
    return render(request, "attendance/models.html", {"rows": rows, "wide": WIDE})


@never_cache
@require_GET
def model_picture(_: HttpRequest, run: str, name: str) -> HttpResponse:
    """Send one picture of a run."""
    try:
        return HttpResponse(training.picture(run, name), content_type="image/png")
    except Refusal as refusal:
        raise Http404 from refusal


def _faces_running() -> FacesRunning | None:
    """Return what runs the recognizer; None where it cannot be opened, which /healthz explains."""
    try:
        return runtimes.for_faces()
    except Fault:
        return None


def _runs_on(kept: training.Kept, running: FacesRunning | None) -> list[tuple[str, str]]:
    """Say what runs the networks of a card here, with the time for the recognizer's own."""
    if not _is_of_faces(kept.card) or not kept.ships:
        return [("Runs on", runtimes.for_card(kept))]
    if running is None:
        return [("Runs on", "nothing: the recognizer cannot be opened")]
    encoder, detector = running.encoder, running.detector
    return [
        ("Runs on", f"{encoder.runtime}, {encoder.precision}: {encoder.milliseconds:.1f} ms a face"),
        ("Finds faces on", f"{detector.runtime}: {detector.milliseconds:.1f} ms a small picture"),
        ("Measured", "on one thread when this web process started"),
    ]


def _row(kept: training.Kept, *, running: FacesRunning | None) -> Row:
    card = kept.card
    preparation = card["preparation"]
    spent = card.get("training") if isinstance(card.get("training"), dict) else {}
    facts = [
        ("Sees", f"{preparation['kind']}, {preparation['width_pixels']} by {preparation['height_pixels']} pixels"),
        ("Network", str(card.get("architecture", ""))),
        *_runs_on(kept, running),
        ("Trained on", str(card.get("data", card.get("origin", "")))),
        ("Seed", str(card.get("seed", ""))),
        ("Processor time", f"{spent['processor_seconds']:.0f} s" if spent and "processor_seconds" in spent else ""),
        ("Commit", str(card.get("commit", ""))),
        ("Licence", str(card["licence"])),
    ]
    return Row(
        name=str(card["name"]),
        run=kept.run,
        facts=tuple((title, value) for title, value in facts if value),
        figures=tuple(_figures(card.get("metrics", {}))),
        unknown=tuple(str(sentence) for sentence in card.get("unknown", ())),
        pictures=tuple((name, TITLES[name]) for name in kept.pictures),
        draw=_draw(kept),
        card=json.dumps({key: value for key, value in card.items() if "calibration" not in key}, indent=2),
    )


def _draw(kept: training.Kept) -> str:
    """The command that draws the pictures of an encoder that came with Muster; empty where there is none to draw."""
    if not kept.ships or kept.pictures or _is_of_faces(kept.card) or kept.card.get("architecture") in JOINED:
        return ""
    folder = training.runs_folder() / kept.run
    return f"python -m verifier evaluate DATA --encoder {kept.stem} --pictures {folder}"


def _is_of_faces(card: dict[str, Any]) -> bool:
    """Tell whether the encoder is for faces, which `evaluate` measures without drawing."""
    return bool(card["preparation"]["kind"] == "face")


def _figures(metrics: Any, *, before: str = "", depth: int = 0) -> list[tuple[str, str]]:
    """Shares as percentages and how drawn-out clusters are, as deep as two levels; the rest is left to the card."""
    found: list[tuple[str, str]] = []
    if not isinstance(metrics, dict):
        return found
    for key, value in metrics.items():
        title = f"{before} {key}".strip().replace("_", " ")
        if isinstance(value, dict) and depth < 2:
            found += _figures(value, before=title, depth=depth + 1)
        elif isinstance(value, float) and "elongation" in key:
            found.append((title, f"{value:.2f}"))
        elif isinstance(value, float) and 0 <= value <= 1 and "threshold" not in key and "spread" not in key:
            found.append((title, f"{value:.2%}"))
    return found


PAGES = (
    Page(
        "models/",
        models,
        name="models",
        open_to=Right.MANAGE_SETTINGS,
        menu=Entry(label="Models", icon="models", order=80),
    ),
    Page(
        "models/<str:run>/<str:name>.png",
        model_picture,
        name="model_picture",
        open_to=Right.MANAGE_SETTINGS,
        menu="models",
    ),
)
