"""Shares of a day, without the noise that sums of floats have."""

from __future__ import annotations

_PLACES = 4


def share_of_day(size: float) -> float:
    """Return a share of days as it is kept: to ten-thousandths, so that shares add up as they are shown."""
    return round(size, _PLACES) + 0.0  # no minus before a zero
