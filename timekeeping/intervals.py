"""Sums of time: sorted lists of half-open spans [start, end) of whole seconds, never overlapping."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from timekeeping.values import Span


def total(spans: Iterable[Span]) -> int:
    """Return the seconds inside the spans."""
    seconds = 0
    for start, end in spans:
        seconds += end - start
    return seconds


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the same time as sorted spans that do not overlap; spans that touch become one."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def without(spans: Sequence[Span], holes: Sequence[Span]) -> list[Span]:
    """Return what is left of the spans outside the holes."""
    left = list(spans)
    for hole_start, hole_end in holes:
        cut: list[Span] = []
        for start, end in left:
            if hole_end <= start or end <= hole_start:
                cut.append((start, end))
                continue
            if start < hole_start:
                cut.append((start, hole_start))
            if hole_end < end:
                cut.append((hole_end, end))
        left = cut
    return left


def common(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """Return the time that lies in both."""
    return [
        (max(start, other_start), min(end, other_end))
        for start, end in spans
        for other_start, other_end in others
        if max(start, other_start) < min(end, other_end)
    ]


def middle(spans: Sequence[Span]) -> int:
    """Return where sorted spans fall into halves.

    That is where the hole nearest to half of the time starts, unless it leaves less than a third on one side: nobody
    calls the two hours before a tea break a morning. Without such a hole it is half-way through.
    """
    whole, before, found = total(spans), 0, None
    for span, following in itertools.pairwise(spans):
        before += span[1] - span[0]
        away = abs(2 * before - whole)
        if following[0] > span[1] and 3 * away <= whole and (found is None or away < found[0]):
            found = (away, span[1])
    if found is not None:
        return found[1]
    holes = [(earlier[1], later[0]) for earlier, later in itertools.pairwise(spans)]
    return reach(spans[0][0], seconds=whole // 2, holes=holes)


def reach(start: int, *, seconds: int, holes: Sequence[Span]) -> int:
    """Return when so many seconds have passed since the start, not counting the holes."""
    end = start + seconds
    for hole_start, hole_end in sorted(holes):
        if hole_end > start and hole_start < end:
            end += hole_end - max(hole_start, start)
    return end
