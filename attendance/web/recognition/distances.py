"""A distance and its threshold as places on a line from 0 to 2, and rates as one in so many."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 600
"""Length of the drawn line, in its own units."""
LARGEST = 2.0
"""The largest distance of two unit vectors."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Positions on the line; None for what there is none of. All in units of `WIDTH`."""

    threshold: float | None
    distance: float | None
    runner_up: float | None
    accepted: bool
    ticks: tuple[tuple[float, str], ...]


def scale(*, distance: float | None, threshold: float | None, runner_up: float | None) -> Scale | None:
    """Return where to draw; None where nothing was compared."""
    if distance is None and threshold is None:
        return None
    return Scale(
        threshold=_place(threshold),
        distance=_place(distance),
        runner_up=_place(runner_up),
        accepted=distance is not None and threshold is not None and distance <= threshold,
        ticks=tuple((_place(value) or 0.0, f"{value:g}") for value in (0.0, 0.5, 1.0, 1.5, 2.0)),
    )


def _place(value: float | None) -> float | None:
    return None if value is None else round(min(max(value, 0.0), LARGEST) / LARGEST * WIDTH, 1)


def tries(rate: float | None) -> str:
    """Write a rate as people think of it: 0.001 is once in 1,000 tries."""
    if rate is None or rate <= 0:
        return ""
    count = 1 / rate
    return f"{round(count):,}" if count >= 10 else f"{count:.3g}"
