"""Does the picture alone give the answer away, with no reference looked at?

Forgeries are often made with another pen or another scanner. Then a single number of the picture, its darkness say,
tells genuine from forged, and a network will learn that number instead of the hand. The probe measures how well
plain scalars of what the encoder sees do without any reference; 0.5 is nothing, and what is far from it proves that
good figures on these data mean little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verifier.evaluation import error_rates


@dataclass(frozen=True, slots=True)
class Leak:
    """`area_under_curve` of one scalar, turned over where needed so that it is 0.5 or more; its equal error."""

    scalar: str
    area_under_curve: float
    equal_error: float


def scalars(picture: NDArray[np.uint8]) -> dict[str, float]:
    """Plain numbers of one picture as the encoder sees it: uint8 (h, w), ink light on black."""
    values = picture.astype(np.float64) / 255
    inked = values[values > 0.25]
    rows, columns = np.flatnonzero(values.max(axis=1) > 0.25), np.flatnonzero(values.max(axis=0) > 0.25)
    steps = np.abs(np.diff(values, axis=0)).sum() + np.abs(np.diff(values, axis=1)).sum()
    return {
        "mean": float(values.mean()),
        "ink share": float((values > 0.25).mean()),
        "ink mean": float(inked.mean()) if len(inked) else 0.0,
        "ink 10th percentile": float(np.percentile(inked, 10)) if len(inked) else 0.0,
        "ink 90th percentile": float(np.percentile(inked, 90)) if len(inked) else 0.0,
        "edges per ink": float(steps / max(values.sum(), 1e-9)),
        "height": float(np.ptp(rows)) if len(rows) else 0.0,
        "width": float(np.ptp(columns)) if len(columns) else 0.0,
    }


def probe(pictures: NDArray[np.uint8], forged: NDArray[np.bool_]) -> list[Leak]:
    """Every scalar's leak, the worst first."""
    if forged.all() or not forged.any():
        raise ValueError("needs genuine and forged pictures")
    table = [scalars(picture) for picture in pictures]
    leaks = []
    for name in table[0]:
        column = np.array([row[name] for row in table])
        if error_rates.area_under_curve(column[~forged], column[forged]) < 0.5:
            column = -column
        area = error_rates.area_under_curve(column[~forged], column[forged])
        leaks.append(Leak(name, area, equal_error=error_rates.equal_error(column[~forged], column[forged])))
    return sorted(leaks, key=lambda leak: -leak.area_under_curve)
