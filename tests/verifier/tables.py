"""Calibration table whose values can be computed in the head."""

from __future__ import annotations

import math

from verifier.calibration import Calibration

STEPS = 201


def plain_table(*, steepness: float = 15.0) -> Calibration:
    """Rates fall by e for every 1/steepness of distance below 2: rate(d) = exp(-steepness (2 - d))."""
    distances = tuple(step * 2.0 / (STEPS - 1) for step in range(STEPS))
    return Calibration(
        distances=distances,
        false_match_rates=tuple(math.exp(-steepness * (2.0 - far)) for far in distances),
        false_non_match_rates=tuple(1.0 - far / 2.0 for far in distances),
        smallest_supported_rate=1e-6,
        midpoint_distance=1.2,
        slope_distance=0.05,
    )
