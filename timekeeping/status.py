"""Judges whether somebody was present, half present or absent: each shift first, then the day that they make."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from timekeeping import intervals, missing_out
from timekeeping.durations import Remainders, cut
from timekeeping.leave import covered_elsewhere
from timekeeping.pairing import Pairing, pair, pair_between
from timekeeping.plan import DayKind, Occurrence, PlannedDay
from timekeeping.punctuality import early, late
from timekeeping.shares import share_of_day
from timekeeping.timeline import Timeline
from timekeeping.values import MINUTE, Automatic, Hours, Punch, Rules, Span
from timekeeping.work_day import ABSENT, HALF_DAY, HOLIDAY, OFF, OPEN, PRESENT, UNMARKED, Flag, Part, Taken

_FAR = 1 << 62

_WORTH = {PRESENT: 1.0, HALF_DAY: 0.5, ABSENT: 0.0}
"""Share of the day that a shift's own status stands for."""


class Status(NamedTuple):
    """The code of a day and its shares, which add up to at most 1."""

    code: str
    present: float = 0.0
    absent: float = 0.0
    leave: float = 0.0
    off: float = 0.0
    is_undecided: bool = False


def shift_part(
    occurrence: Occurrence,
    events: Sequence[Punch],
    *,
    taken: tuple[Taken, ...],
    day: PlannedDay,
    timeline: Timeline,
    watermark: int | None,
    rules: Rules,
    ahead: Sequence[int] = (),
    rest: Remainders | None = None,
    borders: tuple[int | None, int | None] | None = None,
) -> Part:
    """Judge one expected shift by its punches; the durations of the part are whole minutes.

    `ahead`: points of all events, in order, where an out may be filled in. `rest`: what the parts before it on the
    same day had beyond theirs, where there are several. `borders`: where it is worked as one with its neighbours.
    """
    shift = occurrence.shift
    planned, plan_seconds, elsewhere = occurrence.planned, occurrence.plan_seconds, 0
    if taken:
        whole = max(1, intervals.total(planned))
        at_work = tuple(
            intervals.without(planned, [span for each in taken if not each.leave.at_work for span in each.spans])
        )
        planned = tuple(intervals.without(at_work, [span for each in taken for span in each.spans]))
        elsewhere = cut(occurrence.plan_seconds * (intervals.total(at_work) - intervals.total(planned)) // whole)
        plan_seconds = cut(occurrence.plan_seconds * intervals.total(at_work) // whole)
    judged = watermark is None or occurrence.closes + rules.judge_delay_minutes * MINUTE < watermark
    if borders is None:
        pairing = pair(events, hours=shift.hours, rules=rules)
    else:
        pairing = pair_between(events, entered=borders[0], left=borders[1], hours=shift.hours, rules=rules)
    if not events and borders is None:
        code = _code(occurrence, pairing, 0, planned=planned, judged=judged, taken=taken, watermark=watermark)
        return Part(
            occurrence=occurrence,
            pairing=pairing,
            planned=planned,
            plan_seconds=plan_seconds,
            judged=judged,
            code=code,
            elsewhere_seconds=elsewhere,
        )
    spans = worked_spans(pairing.spans, occurrence, planned)
    gross = intervals.total(pairing.spans)
    worked = max(0, intervals.total(spans) - _break_due(pairing.spans, occurrence))
    if elsewhere:
        elsewhere = max(
            0, elsewhere - cut(min(worked, intervals.total(intervals.common(spans, covered_elsewhere(taken)))))
        )
    confirmed = worked
    out = None
    unconfirmed: tuple[Span, ...] = ()
    if pairing.open_in is not None and judged and rules.automatic_out is not Automatic.OFF:
        out = _automatic_out(
            pairing,
            pairing.open_in,
            worked=intervals.total(spans) + elsewhere,
            plan_seconds=plan_seconds,
            occurrence=occurrence,
            day=day,
            timeline=timeline,
            rules=rules,
        )
        out = missing_out.before_next(out, events, ahead)
    if out is not None and pairing.open_in is not None and (watermark is None or out <= watermark):
        filled_in = (pairing.open_in, out)
        unconfirmed = worked_spans([filled_in], occurrence, planned)
        gross += out - pairing.open_in
        spans += unconfirmed
        worked = max(0, intervals.total(spans) - _break_due([*pairing.spans, filled_in], occurrence))
    else:
        out = None
    entered, left = borders or (None, None)  # nobody is late or early where two shifts are worked as one
    behind, past = late(pairing, shift, planned) if entered is None else (0, 0)
    code = _code(occurrence, pairing, worked, planned=planned, judged=judged, taken=taken, watermark=watermark)
    to_confirm = worked - confirmed
    if rest is None and not to_confirm:  # nearly every day
        gross, worked = gross - gross % MINUTE, worked - worked % MINUTE
    else:
        gross, worked, to_confirm = (rest or Remainders()).cut(gross=gross, worked=worked, unconfirmed=to_confirm)
    return Part(
        occurrence=occurrence,
        pairing=pairing,
        planned=planned,
        plan_seconds=plan_seconds,
        spans=spans,
        gross=gross,
        worked=worked,
        late=behind,
        late_past_grace=past,
        early=early(pairing, shift, planned) if left is None else 0,
        automatic_out=out,
        unconfirmed=unconfirmed,
        unconfirmed_seconds=to_confirm,
        judged=judged,
        code=code,
        elsewhere_seconds=elsewhere,
    )


def _automatic_out(
    pairing: Pairing,
    open_in: int,
    *,
    worked: int,
    plan_seconds: int,
    occurrence: Occurrence,
    day: PlannedDay,
    timeline: Timeline,
    rules: Rules,
) -> int | None:
    """Return the out that is filled in; a break without a fixed time that falls due by then puts it off."""

    def out_for(done: int) -> int | None:
        return missing_out.out_for(
            open_in,
            worked=done,
            plan_seconds=plan_seconds,
            occurrence=occurrence,
            day=day,
            timeline=timeline,
            rules=rules,
        )

    out = out_for(worked)
    due = 0 if out is None else _break_due([*pairing.spans, (open_in, out)], occurrence)
    return out_for(worked - due) if due else out


def worked_spans(spans: Sequence[Span], occurrence: Occurrence | None, planned: tuple[Span, ...]) -> tuple[Span, ...]:
    """Return what of a presence is worked: without fixed breaks and without an unpaid early arrival."""
    if occurrence is None:
        return tuple(spans)
    if occurrence.shift.early_arrival_unpaid and planned:
        spans = intervals.common(spans, [(planned[0][0], _FAR)])
    return tuple(intervals.without(spans, occurrence.breaks)) if occurrence.breaks else tuple(spans)


def _break_due(spans: Sequence[Span], occurrence: Occurrence) -> int:
    """Return what is still to be deducted of a break without a fixed time: the gaps between pairs are part of it.

    On a half day that is what the plan of the half has of it; the rest is due by what is present beyond the half.
    """
    shift = occurrence.shift
    if not shift.break_minutes or intervals.total(spans) <= shift.break_after_minutes * MINUTE:
        return 0
    due = shift.break_minutes * MINUTE
    if occurrence.is_half:
        half = intervals.total(occurrence.planned)
        beyond = max(0, intervals.total(spans) - half)
        due = min(due, max(0, half - occurrence.plan_seconds) + beyond)
    gaps = sum(after[0] - before[1] for before, after in itertools.pairwise(spans))
    return max(0, due - gaps)


def _code(
    occurrence: Occurrence,
    pairing: Pairing,
    worked: int,
    *,
    planned: tuple[Span, ...],
    judged: bool,
    taken: tuple[Taken, ...],
    watermark: int | None,
) -> str:
    """Return the status of one shift. Who was there and only lacks an out or an in is never absent."""
    if taken and not planned:
        return _leave_codes(taken)
    if not judged:
        has_begun = pairing.uses or (watermark is not None and occurrence.opens <= watermark)
        return OPEN if has_begun else UNMARKED
    if not pairing.uses and not pairing.spans:
        return OFF if occurrence.on_call else ABSENT
    if pairing.open_in is not None or pairing.first_in is None or occurrence.on_call:
        return PRESENT
    absent, half = thresholds(occurrence, planned)
    if taken:
        half = 0
    if worked < absent:
        return ABSENT
    return HALF_DAY if worked < half else PRESENT


def thresholds(occurrence: Occurrence, planned: tuple[Span, ...]) -> tuple[int, int]:
    """Return the seconds below which a shift is absent, and half a day; of what leave has left, its share of them."""
    absent, half = occurrence.shift.absent_minutes * MINUTE, occurrence.shift.half_day_minutes * MINUTE
    if planned != occurrence.planned:
        absent = absent * intervals.total(planned) // max(1, intervals.total(occurrence.planned))
    return absent, half


def _leave_codes(taken: tuple[Taken, ...]) -> str:
    return "/".join(dict.fromkeys(each.leave.code for each in taken))


def free_part(
    events: Sequence[Punch],
    *,
    hours: Hours,
    day: PlannedDay,
    timeline: Timeline,
    watermark: int | None,
    rules: Rules,
    ahead: Sequence[int] = (),
    rest: Remainders | None = None,
) -> Part:
    """Count presence for which nobody was expected, on a day off or as a call-out: no breaks, no lateness, no plan."""
    over = max([day.ends, *(occurrence.closes for occurrence in day.occurrences)])
    judged = watermark is None or over < watermark
    pairing = pair(events, hours=hours, rules=rules)
    spans, out = pairing.spans, None
    unconfirmed: tuple[Span, ...] = ()
    if pairing.open_in is not None and judged and rules.automatic_out is Automatic.AT:
        out = missing_out.out_for(
            pairing.open_in, worked=0, plan_seconds=0, occurrence=None, day=day, timeline=timeline, rules=rules
        )
        out = missing_out.before_next(out, events, ahead)
        out = out if out is None or watermark is None or out <= watermark else None
        if out is not None:
            unconfirmed = ((pairing.open_in, out),)
    spans += unconfirmed
    worked = intervals.total(spans)
    gross, worked, to_confirm = (rest or Remainders()).cut(
        gross=worked, worked=worked, unconfirmed=intervals.total(unconfirmed)
    )
    return Part(
        occurrence=None,
        pairing=pairing,
        spans=spans,
        gross=gross,
        worked=worked,
        automatic_out=out,
        unconfirmed=unconfirmed,
        unconfirmed_seconds=to_confirm,
        judged=judged,
    )


def day_status(day: PlannedDay, parts: tuple[Part, ...], taken: tuple[Taken, ...]) -> Status:
    """Return the status of the whole day."""
    if day.kind is DayKind.WORKING and not day.off_share:
        return _working_status(parts, taken)
    if day.kind is DayKind.HOLIDAY:
        return Status(HOLIDAY)
    if day.kind is DayKind.REST:
        return Status(OFF, off=1.0)
    if day.kind is DayKind.UNROSTERED:
        return _unrostered_status(taken, was_there=any(part.pairing.first_in is not None for part in parts))
    found = _working_status(parts, taken)
    rest = 1 - day.off_share
    leave, off = (share_of_day(share * rest) for share in (found.leave, found.off))
    absent = share_of_day(min(found.absent * rest, rest - leave - off))  # both may have been rounded up
    present = 0.0 if found.is_undecided else share_of_day(rest - absent - leave - off)
    return Status(
        found.code,
        present=present,
        absent=absent,
        leave=leave,
        off=day.off_share + off,
        is_undecided=found.is_undecided,
    )


def _unrostered_status(taken: tuple[Taken, ...], *, was_there: bool) -> Status:
    if not taken:
        return Status(PRESENT, present=1.0) if was_there else Status(UNMARKED)
    away, elsewhere = _shares(taken)
    if away + elsewhere >= 1 or not was_there:
        return Status(_leave_codes(taken), present=elsewhere, leave=away)
    return Status(f"{HALF_DAY}/{_leave_codes(taken)}", present=share_of_day(1 - away), leave=away)


_JUDGED = {code: Status(code, present=worth, absent=1 - worth) for code, worth in _WORTH.items()}
"""The status of a day whose only shift was judged."""


def _working_status(parts: tuple[Part, ...], taken: tuple[Taken, ...]) -> Status:
    if len(parts) == 1 and not taken and parts[0].judged and parts[0].code != OFF:
        return _JUDGED[parts[0].code]
    away, elsewhere = _shares(taken)
    share = min(1.0, share_of_day(away + elsewhere))
    if share >= 1 or (taken and not any(part.planned for part in parts)):  # thirds add up to 0.9999
        present = share_of_day(1 - away) if elsewhere else 0.0
        return Status(_leave_codes(taken), present=present, leave=away if elsewhere else 1.0)
    judged = [part for part in parts if part.is_planned]
    if not judged:
        return _on_call_status(parts)
    parts = tuple(judged)
    if not all(part.judged or not part.planned for part in parts):
        is_running = any(part.judged or part.code == OPEN for part in parts)
        return Status(OPEN if is_running else UNMARKED, leave=away, is_undecided=True)
    codes = [part.code for part in parts if part.planned or not taken]
    worth = sum(_WORTH[code] for code in codes) / len(codes)
    absent = share_of_day((1 - share) * (1 - worth))
    return Status(
        _day_code(codes, worth, share, taken), present=share_of_day(1 - away - absent), absent=absent, leave=away
    )


def _on_call_status(parts: tuple[Part, ...]) -> Status:
    """Return the status of a day on which nobody has to come: whoever was called is present, nobody is absent."""
    if any(part.pairing.first_in is not None for part in parts):
        return Status(PRESENT, present=1.0)
    if all(part.judged for part in parts):
        return Status(OFF, off=1.0)
    return Status(OPEN if any(part.code == OPEN for part in parts) else UNMARKED, is_undecided=True)


def _shares(taken: tuple[Taken, ...]) -> tuple[float, float]:
    """Return which share of the day is leave, and which is work elsewhere."""
    away = share_of_day(min(1.0, sum(each.share for each in taken if not each.leave.at_work)))
    elsewhere = sum(each.share for each in taken if each.leave.at_work)
    return away, share_of_day(min(1.0 - away, elsewhere))


def _day_code(codes: list[str], worth: float, share: float, taken: tuple[Taken, ...]) -> str:
    if taken:
        there = (HALF_DAY if share >= 0.5 else PRESENT) if worth else ABSENT
        return f"{there}/{_leave_codes(taken)}"
    if len(set(codes)) == 1:
        return codes[0]
    return "".join(codes) if len(codes) == 2 and HALF_DAY not in codes else HALF_DAY


def second_codes(day: PlannedDay, flags: tuple[Flag, ...], *, worked: int, late: int, early: int) -> tuple[str, ...]:
    """Return the codes of the second field, for all that the status does not show."""
    if not (late or early or flags or day.off_share) and day.kind is DayKind.WORKING:
        return ()
    codes = ["HWO"] if day.off_share else []
    if worked and day.kind is DayKind.REST:
        codes.append("POW")
    elif worked and day.kind is DayKind.HOLIDAY:
        codes.append("POH")
    if late:
        codes.append("LATE")
    if early:
        codes.append("ERL")
    if flags:
        codes.extend(code for flag, code in _SECOND.items() if flag in flags)
    return tuple(codes)


def part_second_codes(part: Part) -> tuple[str, ...]:
    """Return what of the second field is about one shift of a day that has several."""
    codes = [code for code, holds in (("LATE", part.late), ("ERL", part.early)) if holds]
    if part.pairing.open_in is not None and part.judged:
        codes.append("FO" if part.automatic_out is None else "AOUT")
    return tuple(codes)


_SECOND = {
    Flag.MISSING_OUT: "FO",
    Flag.AUTOMATIC_OUT: "AOUT",
    Flag.CORRECTED: "REG",
    Flag.OFF_SHIFT: "OFF",
    Flag.BEYOND_WINDOW: "BEY",
    Flag.CALL_OUT: "CALL",
}
SECOND_CODES = ("HWO", "POW", "POH", "LATE", "ERL", *_SECOND.values())
"""All codes of the second field."""
