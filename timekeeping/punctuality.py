"""Computes by how much somebody was late for a shift, or left it early.

Seconds are dropped before times are compared, because people see 09:10; minutes late count from the start.
"""

from __future__ import annotations

from timekeeping.beyond_window import APART_SECONDS
from timekeeping.durations import cut
from timekeeping.pairing import Pairing
from timekeeping.values import MINUTE, Hours, Shift, Span

_FAR = 1 << 62


def late(pairing: Pairing, shift: Shift, planned: tuple[Span, ...]) -> tuple[int, int]:
    """Return the time late from the start, and the part of it beyond the grace; both 0 within the grace."""
    came = arrival(pairing, shift, planned)
    if came is None:
        return 0, 0
    behind = came - came % MINUTE - planned[0][0]
    grace = shift.grace_late_minutes * MINUTE
    return (cut(behind), cut(behind - grace)) if behind > grace else (0, 0)


def arrival(pairing: Pairing, shift: Shift, planned: tuple[Span, ...]) -> int | None:
    """Return the point of the in that lateness is counted by; None where nobody can be late."""
    if pairing.first_in is None or shift.flexible or not planned:
        return None
    if shift.hours is Hours.PAIRS and pairing.pairs and pairing.pairs[0][1] <= planned[0][0]:
        return _hours_of(pairing, planned)[0]
    return pairing.first_in


def early(pairing: Pairing, shift: Shift, planned: tuple[Span, ...]) -> int:
    """Return the time that is missing at the end; 0 within the grace and while an out is missing."""
    went = departure(pairing, shift, planned)
    if went is None:
        return 0
    short = planned[-1][1] - (went - went % MINUTE)
    return cut(short) if short > shift.grace_early_minutes * MINUTE else 0


def departure(pairing: Pairing, shift: Shift, planned: tuple[Span, ...]) -> int | None:
    """Return the point of the out that leaving early is counted by; None where nobody can be early."""
    if pairing.last_out is None or pairing.open_in is not None or shift.flexible or not planned:
        return None
    if shift.hours is Hours.PAIRS and pairing.pairs[-1][0] >= planned[-1][1]:
        return _hours_of(pairing, planned)[1]
    return pairing.last_out


def _hours_of(pairing: Pairing, planned: tuple[Span, ...]) -> Span:
    """Return from when to when the shift was worked: without pairs an hour or more before its start or after its end.

    Those are call-outs inside a wide window; they make nobody early and excuse nobody's lateness.
    """
    start, end = planned[0][0], planned[-1][1]
    spans = list(pairing.pairs) if pairing.open_in is None else [*pairing.pairs, (pairing.open_in, _FAR)]
    first, last = 0, len(spans)
    if any(span[1] > start and span[0] < end for span in spans):
        while spans[first][1] <= start and spans[first + 1][0] - spans[first][1] >= APART_SECONDS:
            first += 1
        while spans[last - 1][0] >= end and spans[last - 1][0] - spans[last - 2][1] >= APART_SECONDS:
            last -= 1
    return spans[first][0], spans[last - 1][1]
