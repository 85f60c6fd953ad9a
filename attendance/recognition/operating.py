"""The shipped and the local table side by side: thresholds by rate, and what honest people pay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from attendance.recognition import engine
from attendance.recognition.models import LocalCalibration
from verifier.calibration import Calibration

RATES = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
"""A stranger passes one comparison; doors of 1 to 10,000 people at the usual target ask for these."""

FEWEST_COUNTED = 10
"""Pairs nearer than a distance from which its rate is called counted, as in the shipped table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """At one rate a comparison: both thresholds, and the share of attempts by enrolled people refused by each."""

    rate: float
    shipped: float
    local: float
    shipped_refused: float
    local_refused: float

    @property
    def once_in(self) -> int:
        """The rate as once in so many comparisons."""
        return round(1 / self.rate)


def curve(row: LocalCalibration) -> list[CurvePoint]:
    """Return the points of both tables."""
    shipped = engine.calibration()
    with engine.mapped_errors():
        local = Calibration.from_card(row.table)
    return [_point(rate, shipped=shipped, local=local) for rate in RATES]


def _point(rate: float, *, shipped: Calibration, local: Calibration) -> CurvePoint:
    by_shipped, by_local = shipped.distance_at(rate), local.distance_at(rate)
    return CurvePoint(
        rate=rate,
        shipped=by_shipped,
        local=by_local,
        shipped_refused=shipped.false_non_match_rate_at(by_shipped),
        local_refused=shipped.false_non_match_rate_at(by_local),
    )


def counted_once_in(row: LocalCalibration) -> int:
    """Return down to which rate, as once in so many, the gallery's own pairs are enough to count; 0 for none."""
    return row.pairs // FEWEST_COUNTED


def times_as_many(row: LocalCalibration, *, false_match_rate: float) -> float:
    """Return how many times this rate the shipped threshold for it lets through by the local table."""
    with engine.mapped_errors():
        local = Calibration.from_card(row.table)
    return local.false_match_rate_at(engine.calibration().distance_at(false_match_rate)) / false_match_rate


def summary(row: LocalCalibration) -> dict[str, Any]:
    """Return what a command prints."""
    points = [
        {
            "once_in": point.once_in,
            "shipped": round(point.shipped, 4),
            "local": round(point.local, 4),
            "shipped_refused": round(point.shipped_refused, 4),
            "local_refused": round(point.local_refused, 4),
        }
        for point in curve(row)
    ]
    figures = {name: getattr(row, name) for name in ("people", "references", "pairs", "gallery_sequence")}
    measured = {name: round(getattr(row, name), 5) for name in ("difference", "standard_error", "weight", "move")}
    return {
        "encoder": row.encoder.name, **figures, **measured, "curve": points, "often_resembled": len(row.resembled),
    }  # fmt: skip
