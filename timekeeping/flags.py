"""Flags of a work day: what somebody should look at."""

from __future__ import annotations

from collections.abc import Iterator

from timekeeping.pairing import Use
from timekeeping.values import Source
from timekeeping.work_day import Flag, Part, PunchUse, Taken


def flags_of_day(
    parts: tuple[Part, ...],
    *,
    aside: tuple[PunchUse, ...],
    taken: tuple[Taken, ...],
    worked: int,
    outside: bool,
    is_corrected: bool,
) -> tuple[Flag, ...]:
    """Return the flags, each once.

    `outside`: the person has shifts, and none on this day. `is_corrected`: some correction may be among the punches.
    """
    flags: list[Flag] = []
    for part in parts:
        pairing = part.pairing
        if pairing.open_in is not None and part.judged:
            flags.append(Flag.MISSING_OUT if part.automatic_out is None else Flag.AUTOMATIC_OUT)
        if pairing.uses and pairing.first_in is None:
            flags.append(Flag.MISSING_IN)
        if pairing.odd_count:
            flags.append(Flag.ODD_COUNT)
        if pairing.read_from_context:
            flags.append(Flag.READ_FROM_CONTEXT)
        if pairing.uses and part.is_beyond_its_window:
            flags.append(Flag.BEYOND_WINDOW)
    if len(parts) > 1 and parts[-1].occurrence is None:
        flags.append(Flag.CALL_OUT)
    if outside or aside or is_corrected:
        flags.extend(_flags_of_punches(parts, aside, outside=outside))
    if taken and worked and sum(each.share for each in taken if not each.leave.at_work) >= 1:
        flags.append(Flag.WORKED_ON_LEAVE)
    return tuple(dict.fromkeys(flags)) if flags else ()


def _flags_of_punches(parts: tuple[Part, ...], aside: tuple[PunchUse, ...], *, outside: bool) -> Iterator[Flag]:
    for part in parts:
        for punch, _ in part.pairing.uses:
            if outside:
                yield Flag.OFF_SHIFT
            if punch.source is Source.CORRECTION:
                yield Flag.CORRECTED
    for punch, use, _, _ in aside:
        if use is Use.OFF_SHIFT or outside:
            yield Flag.OFF_SHIFT
        if use is Use.REPLACED or (punch.source is Source.CORRECTION and use is not Use.REVOKED):
            yield Flag.CORRECTED
