"""Shortcut probe: how well plain numbers of a picture separate genuine from forged without a reference.

Forgeries are often made with another pen or another scanner. Then a single number of the picture, its darkness for
example, separates genuine from forged, and a network learns that number instead of the handwriting. The probe
measures the area under the curve of plain scalars of the encoder's input, without any reference. 0.5 means that
nothing is given away; a much larger area means that good figures on these data prove little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verifier.evaluation import error_rates


@dataclass(frozen=True, slots=True)
class Leak:
    """Area under the curve of one scalar, with the sign that makes it 0.5 or more, and its equal error."""

    scalar: str
    area_under_curve: float
    equal_error: float


def scalars(picture: NDArray[np.uint8]) -> dict[str, float]:
    """Return plain numbers of one picture as the encoder sees it: uint8 (h, w), ink light on black."""
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
    """Return the leak of every scalar, the worst first."""
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
