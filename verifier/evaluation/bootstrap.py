"""Bootstrap intervals that resample whole classes, signers or people.

Pairs of one class are not independent, so resampling pairs would give intervals that are far too narrow. Whole
classes are drawn with replacement instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Interval:
    """`low` and `high` enclose the share `level` of the resampled figures."""

    low: float
    high: float
    level: float


def over_groups(
    groups: Sequence[int],
    figure: Callable[[Sequence[int]], float],
    *,
    draws: int = 500,
    level: float = 0.9,
    seed: int = 0,
) -> Interval:
    """Return the interval of `figure(drawn groups)`; a group that is drawn several times must count as often.

    Draws for which the figure is NaN (not defined) are left out.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    values = [figure([groups[row] for row in generator.integers(len(groups), size=len(groups))]) for _ in range(draws)]
    low, high = np.nanquantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(low=float(low), high=float(high), level=level)
