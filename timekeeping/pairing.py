"""Pairs the punches of one window into ins and outs, and returns the presence."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import NamedTuple

from timekeeping.values import Direction, Hours, Punch, Rules, Span


class Use(enum.StrEnum):
    """The use of a punch: how it was counted, or why it was not."""

    IN = "in"
    OUT = "out"
    BETWEEN = "between"
    REPEATED = "repeated"
    EXTRA_IN = "extra_in"
    EXTRA_OUT = "extra_out"
    LEADING_OUT = "leading_out"
    OFF_SHIFT = "off_shift"
    REPLACED = "replaced"
    REVOKED = "revoked"
    NOT_EMPLOYED = "not_employed"


class Pairing(NamedTuple):
    """The events of one window read as ins and outs.

    `spans`: what counts as presence. `pairs`: the closed pairs. `open_in`: an in without an out. `entered`, `left`:
    where a presence comes straight from the shift before, or goes straight on into the next.
    """

    uses: tuple[tuple[Punch, Use], ...] = ()
    spans: tuple[Span, ...] = ()
    pairs: tuple[Span, ...] = ()
    first_in: int | None = None
    last_out: int | None = None
    open_in: int | None = None
    odd_count: bool = False
    read_from_context: bool = False
    entered: int | None = None
    left: int | None = None


NOTHING = Pairing()


def key_of(punch: Punch, rules: Rules) -> Direction | None:
    """Return the direction that a punch gives of itself, where it is believed; one entered by hand always is."""
    return punch.direction if punch.is_certain or not rules.directions_from_context else None


def pair(events: Sequence[Punch], *, hours: Hours, rules: Rules) -> Pairing:
    """Read the events by what they say of themselves, and by the context where they say nothing.

    An out before the first in is set aside, a repeated in keeps the first, of several outs the last one counts.
    If that leaves no pair because the first key pressed was "out", the keys are not believed; a direction that is
    certain stands all the same.
    """
    if not events:
        return NOTHING
    if len(events) == 2 and events[0].direction is None and events[1].direction is None:
        return _one_pair(events[0], events[1])
    given = [key_of(punch, rules) for punch in events]
    is_certain = events[0].is_certain
    uses = _uses(given, is_first_certain=is_certain)
    doubted = False
    if Use.OUT not in uses and given[0] is Direction.OUT and len(events) > 1 and not is_certain:
        believed = [punch.direction if punch.is_certain else None for punch in events]
        from_context = _uses(believed, is_first_certain=False)
        if Use.OUT in from_context:
            doubted, given, uses = True, believed, from_context
    pairs: list[Span] = []
    opened: int | None = None
    for punch, use in zip(events, uses, strict=True):
        if use is Use.IN:
            opened = punch.at
        elif use is Use.OUT and opened is not None:
            pairs.append((opened, punch.at))
            opened = None
    odd = len(events) > 2 and len(events) % 2 == 1 and not any(given)
    first_in = pairs[0][0] if pairs else opened
    last_out = pairs[-1][1] if pairs else None
    spans = tuple(pairs)
    if hours is Hours.FIRST_LAST and first_in is not None:
        last_out, opened = _last(events, given, first_in, opened)
        spans = ((first_in, last_out),) if last_out is not None else ()
        uses = _outer(events, given, uses, first_in, last_out)
    return Pairing(
        uses=tuple(zip(events, uses, strict=True)),
        spans=spans,
        pairs=tuple(pairs),
        first_in=first_in,
        last_out=last_out,
        open_in=opened,
        odd_count=odd,
        read_from_context=doubted,
    )


def pair_between(
    events: Sequence[Punch], *, entered: int | None, left: int | None, hours: Hours, rules: Rules
) -> Pairing:
    """Read the events of a shift that is worked as one with its neighbours: nobody punches where two shifts meet."""
    borders = [
        Punch(at, direction=direction)
        for at, direction in ((entered, Direction.IN), (left, Direction.OUT))
        if at is not None
    ]
    found = pair(sorted([*events, *borders], key=lambda punch: punch.at), hours=hours, rules=rules)
    uses = tuple(use for use in found.uses if not any(use[0] is border for border in borders))
    return found._replace(uses=uses, entered=entered, left=left)


def _one_pair(first: Punch, last: Punch) -> Pairing:
    """Nearly every day: one in, one out."""
    spans = ((first.at, last.at),)
    return Pairing(
        uses=((first, Use.IN), (last, Use.OUT)), spans=spans, pairs=spans, first_in=first.at, last_out=last.at
    )


def _uses(given: Sequence[Direction | None], *, is_first_certain: bool) -> list[Use]:
    """Return the uses by the keys. Two outs at the start: the first is an in by a wrong key, unless it is certain."""
    uses: list[Use] = []
    is_open = False
    last_out: int | None = None
    for at, direction in enumerate(given):
        if is_open:
            uses.append(Use.EXTRA_IN if direction is Direction.IN else Use.OUT)
            if direction is not Direction.IN:
                is_open, last_out = False, at
        elif direction is Direction.OUT and last_out is not None:
            uses[last_out] = Use.EXTRA_OUT
            uses.append(Use.OUT)
            last_out = at
        elif direction is Direction.OUT and (at or is_first_certain or given[1:2] != [Direction.OUT]):
            uses.append(Use.LEADING_OUT)
        else:
            uses.append(Use.IN)
            is_open = True
    return uses


def _last(
    events: Sequence[Punch], given: Sequence[Direction | None], first_in: int, opened: int | None
) -> tuple[int | None, int | None]:
    """Return the last punch that may be an out, and the in that is still open after it."""
    outs = [
        punch.at
        for punch, direction in zip(events, given, strict=True)
        if direction is not Direction.IN and punch.at > first_in
    ]
    last = outs[-1] if outs else None
    return last, opened if opened is not None and (last is None or opened > last) else None


def _outer(
    events: Sequence[Punch], given: Sequence[Direction | None], uses: list[Use], first_in: int, last_out: int | None
) -> list[Use]:
    """Name the two punches that count where only the first and the last do."""
    result: list[Use] = []
    for punch, direction, use in zip(events, given, uses, strict=True):
        if punch.at == first_in:
            at_once = use if use is Use.LEADING_OUT else Use.IN
            result.append(Use.BETWEEN if use is Use.OUT else at_once)  # an out of the same second counts for nothing
        elif punch.at == last_out and direction is not Direction.IN:
            result.append(Use.OUT)
        elif use in {Use.IN, Use.OUT} and (last_out is None or punch.at < last_out):
            result.append(Use.BETWEEN)
        else:
            result.append(use)
    return result
