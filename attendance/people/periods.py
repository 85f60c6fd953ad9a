"""Values that hold from a day on, each until the next one begins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
Periods = tuple[tuple[dt.date, T], ...]
"""First day and value, in order; what holds from the beginning has `ALWAYS` as its first day."""

ALWAYS = dt.date.min
ONE_DAY = dt.timedelta(days=1)


def value_on(periods: Iterable[tuple[dt.date, T]], day: dt.date, *, otherwise: T) -> T:
    """Return the value that holds on a day; `otherwise` before the first one."""
    found = otherwise
    for since, value in periods:
        if since > day:
            break
        found = value
    return found


def changed(periods: Periods[T], value: T, *, since: dt.date, before: T) -> Periods[T]:
    """Return the periods with another value from a day on, up to the next change that is known.

    `before`: what has held so far where there are no periods yet. A change that changes nothing is left out.
    """
    known = {ALWAYS: before, **dict(periods), since: value}
    return merged(sorted(known.items(), key=lambda each: each[0]))


def merged(periods: Iterable[tuple[dt.date, T]]) -> Periods[T]:
    """Return the periods without those that repeat the value before them."""
    kept: list[tuple[dt.date, T]] = []
    for since, value in periods:
        if not kept or kept[-1][1] != value:
            kept.append((since, value))
    return tuple(kept)


def stretches(periods: Periods[T]) -> Iterator[tuple[dt.date, dt.date, T]]:
    """Yield first day, last day and value of each period; the last one ends with the calendar."""
    for number, (since, value) in enumerate(periods):
        is_last = number + 1 == len(periods)
        yield since, dt.date.max if is_last else periods[number + 1][0] - ONE_DAY, value
