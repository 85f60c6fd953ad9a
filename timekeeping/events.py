"""Groups punches into events and assigns them to shift windows.

Nothing is dropped: what is not counted is kept with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from timekeeping import beyond_window
from timekeeping.beyond_window import Run, Way
from timekeeping.pairing import Use, key_of, pair
from timekeeping.plan import DayKind, Occurrence, Plan, PlannedDay
from timekeeping.rule_book import RuleBook
from timekeeping.timeline import Timeline
from timekeeping.values import MINUTE, Correction, CorrectionState, Direction, Hours, Punch, Rules, Source


def gather(
    punches: Iterable[Punch], corrections: Sequence[Correction], *, timeline: Timeline, rules: RuleBook
) -> tuple[list[Punch], list[tuple[Punch, Use]]]:
    """Return the events in order, at points of the timeline, and the punches that are none with the reason.

    The time of a correction that was taken back is none: it says only when that became known.
    """
    facts = list(punches)
    set_aside: list[tuple[Punch, Use]] = []
    approved = [correction for correction in corrections if correction.state is CorrectionState.APPROVED]
    if approved:
        replaced = {correction.replaces for correction in approved if correction.replaces is not None}
        set_aside = [(punch, Use.REPLACED) for punch in facts if punch.at in replaced]
        facts = [punch for punch in facts if punch.at not in replaced]
        facts.extend(_corrected(each, at) for each in approved if (at := each.at) is not None)
        if set_aside:
            facts = _certain_near([punch.at for punch, _ in set_aside], facts, timeline=timeline, rules=rules)
    for each in corrections:
        at = each.replaces if each.at is None else each.at
        if each.state is CorrectionState.REVOKED and at is not None:
            set_aside.append((_corrected(each, at), Use.REVOKED))
    if timeline.counts_wall:
        facts = [_on_the_wall(punch, timeline) for punch in facts]
        set_aside = [(_on_the_wall(punch, timeline), use) for punch, use in set_aside]
    facts.sort(key=in_order)
    kept: list[Punch] = []
    last = None
    only = rules.only
    for punch in facts:
        if punch.source is not Source.CORRECTION:
            held = only or rules.on(timeline.local(punch.at).date())
            limit = held.device_debounce_seconds if punch.source is Source.DEVICE else held.debounce_seconds
            if last is not None and punch.at - last < limit:
                set_aside.append((punch, Use.REPEATED))
                continue
            last = punch.at
        kept.append(punch)
    return kept, set_aside


def _certain_near(
    withdrawn: Sequence[int], facts: Sequence[Punch], *, timeline: Timeline, rules: RuleBook
) -> list[Punch]:
    """Let the keys near a withdrawn punch stand: that an out has lost its in does not make an in of it."""

    def stands(punch: Punch) -> bool:
        held = rules.on(timeline.local(timeline.point_at(punch.at)).date())
        reach = held.longest_shift_minutes * MINUTE
        is_near = any(abs(punch.at - at) <= reach for at in withdrawn)
        return is_near and key_of(punch, held) is not None

    return [punch._replace(is_certain=True) if punch.direction and stands(punch) else punch for punch in facts]


def _corrected(each: Correction, at: int) -> Punch:
    return Punch(
        at,
        direction=each.direction,
        source=Source.CORRECTION,
        recorded_at=each.decided_at,
        number=each.number,
        is_certain=each.direction is not None,
    )


def _on_the_wall(punch: Punch, timeline: Timeline) -> Punch:
    """Put a punch at what the clock showed; when it became known stays an instant."""
    return punch._replace(at=timeline.point_at(punch.at), recorded_at=punch.known_at)


def in_order(punch: Punch) -> tuple[int, bool]:
    """An out and an in of the same second touch: the out comes first."""
    return punch.at, punch.direction is not Direction.OUT


@dataclass(slots=True)
class Allotted:
    """The events of one planned day: those of each occurrence's shift, of call-outs, and those that count for neither.

    `borders`: occurrence -> where a presence comes straight from the shift before, and goes on into the next.
    """

    by_occurrence: list[list[Punch]]
    loose: list[Punch]
    called: Sequence[Punch] = ()
    borders: dict[int, tuple[int | None, int | None]] | None = None

    @property
    def any(self) -> bool:
        """Whether there is an event at all."""
        return bool(self.loose or self.called or self.borders) or any(self.by_occurrence)

    def without(self, is_gone: Callable[[Punch], bool]) -> Allotted:
        """Return the day without some events; a shift that loses one is no longer worked as one with another."""
        kept = [[punch for punch in group if not is_gone(punch)] for group in self.by_occurrence]
        whole = {
            number: borders
            for number, borders in (self.borders or {}).items()
            if len(kept[number]) == len(self.by_occurrence[number])
        }
        return Allotted(
            kept,
            [punch for punch in self.loose if not is_gone(punch)],
            [punch for punch in self.called if not is_gone(punch)],
            whole or None,
        )

    @property
    def groups(self) -> list[list[Punch]]:
        """All events, in the groups in which they are read."""
        return [*self.by_occurrence, [*self.called], self.loose]

    @property
    def in_order(self) -> list[Punch]:
        """All events that no call-out holds, whichever window they lie in."""
        return sorted((punch for group in (*self.by_occurrence, self.loose) for punch in group), key=in_order)


def allot(events: Sequence[Punch], plan: Plan, *, rules: RuleBook) -> list[Allotted]:
    """Give every event to the window that holds its minute, or to the shift or call-out that it opens or closes.

    The others stay with their local date.
    """
    result = [Allotted([[] for _ in day.occurrences], []) for day in plan.days]
    windows = plan.windows
    at = 0
    loose: dict[int, list[Punch]] = {}
    for punch in events:
        minute = punch.at - punch.at % MINUTE
        while at < len(windows) and windows[at][1] < minute:
            at += 1
        if at < len(windows) and windows[at][0] <= minute:
            result[windows[at][2]].by_occurrence[windows[at][3]].append(punch)
        else:
            loose.setdefault(at, []).append(punch)
    runs = _runs(loose, plan, result)
    _cross(runs, plan, result, rules)
    _free_days_off(plan, result, rules)
    left_over = [punch for run in runs if run.is_loose for punch in run.events]
    if left_over:
        _allot_loose(left_over, plan, result, rules)
    for at in range(1, len(result)):
        if plan.days[at - 1].kind is not DayKind.WORKING and result[at - 1].any:
            held = rules.on(plan.days[at - 1].day)
            _close_evening(result[at - 1], result[at], held, plan.days[at - 1], plan.days[at])
    for at, allotted in enumerate(result if left_over else ()):
        if allotted.loose and plan.days[at].kind is DayKind.WORKING:
            _call_out(result, plan, at, rules.on(plan.days[at].day))
    return result


def _runs(loose: dict[int, list[Punch]], plan: Plan, result: list[Allotted]) -> list[Run]:
    """Return the events of windows, and those between two windows, in the order of time.

    Days that are plainly in and out are left out, unless something within three windows of them is not.
    """
    odd = list(loose)
    for at, (_, _, day, number) in enumerate(plan.windows):
        events = result[day].by_occurrence[number]
        if events and not beyond_window.is_plain(events, plan.days[day].occurrences[number].start):
            odd.append(at)
    last = len(plan.windows)
    runs = []
    for at in sorted({near for each in odd for near in range(max(0, each - 3), min(last, each + 3) + 1)}):
        if at in loose:
            runs.append(Run(at, is_loose=True, events=loose[at]))
        events = _events_of(plan, result, at) if at < last else []
        if events:
            runs.append(Run(at, is_loose=False, events=events))
    return runs


def _events_of(plan: Plan, result: list[Allotted], window: int) -> list[Punch]:
    _, _, day, number = plan.windows[window]
    return result[day].by_occurrence[number]


def _cross(runs: Sequence[Run], plan: Plan, result: list[Allotted], rules: RuleBook) -> None:
    """Move the events that belong to a shift, or to a call-out, although they lie outside of its window."""
    found = beyond_window.find(runs, plan, rules=rules)
    moves: list[tuple[list[Punch], list[Punch], list[Punch]]] = []
    for at, closing in found.closed.items():
        before, events = runs[at - 1].events, runs[at].events
        target = before
        if closing.way is Way.CALL_OUT:
            target = _called_on(closing.opened, plan, result)
            moves.append((before, [closing.opened], target))
        elif closing.way is Way.WORKED_AS_ONE:
            target = _bind(closing.windows, plan, result)
        if target is not events:
            moves.append((events, closing.outs, target))
    for window, (at, punch) in found.opened.items():
        moves.append((runs[at].events, [punch], _events_of(plan, result, window)))
    for source, punches, _ in moves:
        for punch in punches:
            source.remove(punch)
    for _, punches, target in moves:
        target.extend(punches)
        target.sort(key=in_order)


def _called_on(opened: Punch, plan: Plan, result: list[Allotted]) -> list[Punch]:
    """Return where the events of a call-out are kept: with the day on which it begins."""
    day = plan.index_of(opened.at)
    if not 0 <= day < len(result):
        return []
    if plan.days[day].kind is not DayKind.WORKING:
        return result[day].loose
    called = result[day].called
    if not isinstance(called, list):
        result[day].called = called = [*called]
    return called


def _bind(windows: Sequence[int], plan: Plan, result: list[Allotted]) -> list[Punch]:
    """Let shifts that touch be worked as one: each is left, and the next entered, where the earlier one ends."""
    entered = None
    for window in windows:
        _, _, day, number = plan.windows[window]
        left = None if window == windows[-1] else plan.days[day].occurrences[number].end
        result[day].borders = {**(result[day].borders or {}), number: (entered, left)}
        entered = left
    return _events_of(plan, result, windows[-1])


def _free_days_off(plan: Plan, result: list[Allotted], rules: RuleBook) -> None:
    """Give a day off the pairs of its date that only the margin of a shift of the day before or after holds.

    A margin that was given stands; one that was not is a guess, and on a day off all presence of the date counts.
    """
    for at, day in enumerate(plan.days):
        for neighbour in (at - 1, at + 1) if day.kind is not DayKind.WORKING else ():
            if not 0 <= neighbour < len(result) or plan.days[neighbour].kind is not DayKind.WORKING:
                continue
            held = rules.on(plan.days[neighbour].day)
            for own, group in zip(plan.days[neighbour].occurrences, result[neighbour].by_occurrence, strict=True):
                if len(group) > 3 and own.is_planned and own.shift.hours is Hours.PAIRS:
                    find = _after_the_shift if neighbour < at else _before_the_shift
                    for punch in find(group, own, day, held):
                        group.remove(punch)
                        result[at].loose.append(punch)


def _after_the_shift(group: Sequence[Punch], own: Occurrence, day: PlannedDay, rules: Rules) -> list[Punch]:
    found = pair(group, hours=Hours.PAIRS, rules=rules)
    if own.shift.after_minutes is not None or found.read_from_context:
        return []
    later = [start for start, _ in found.pairs[1:] if start >= own.end and day.starts <= start < day.ends]
    return [punch for punch in group if later and punch.at >= later[0]]


def _before_the_shift(group: Sequence[Punch], own: Occurrence, day: PlannedDay, rules: Rules) -> list[Punch]:
    found = pair(group, hours=Hours.PAIRS, rules=rules)
    if own.shift.before_minutes is not None or found.read_from_context:
        return []
    earlier = [end for start, end in found.pairs[:-1] if end <= own.start and day.starts <= start < day.ends]
    return [punch for punch in group if earlier and punch.at <= earlier[-1]]


def _allot_loose(loose: Sequence[Punch], plan: Plan, result: list[Allotted], rules: RuleBook) -> None:
    """Keep an out beside the in that it closes; without a roster there is only the time between them to go by."""
    opened: tuple[int, Punch] | None = None
    for punch in loose:
        index = plan.index_of(punch.at)
        if not 0 <= index < len(plan.days):
            continue
        longest = 0 if opened is None else rules.on(plan.days[opened[0]].day).longest_off_shift_minutes * MINUTE
        closes = opened is not None and punch.at - opened[1].at <= longest and punch.direction is not Direction.IN
        if closes and opened is not None:
            stays = index == opened[0] or punch.direction is Direction.OUT
            if stays or _may_cross_midnight(opened, (index, punch), plan):
                index = opened[0]
                opened = None
            else:
                opened = (index, punch)
        else:
            opened = (index, punch)
        result[index].loose.append(punch)


def _may_cross_midnight(opened: tuple[int, Punch], closing: tuple[int, Punch], plan: Plan) -> bool:
    """Whether two events without a key on two dates may be in and out."""
    if plan.days[opened[0]].kind is DayKind.WORKING:
        return beyond_window.may_be_a_call_out(opened[1], closing[1], plan)
    return all(plan.days[day].kind is DayKind.UNROSTERED for day in (opened[0], closing[0]))


def _call_out(result: list[Allotted], plan: Plan, at: int, rules: Rules) -> None:
    """Pair what lies in no window of a working day; without a key only where somebody came to a shift of that day."""
    allotted = result[at]
    inside = [punch.at for day in result[max(0, at - 1) : at + 2] for group in day.by_occurrence for punch in group]
    came = any(allotted.by_occurrence) or not any(each.is_planned for each in plan.days[at].occurrences)
    longest = rules.longest_off_shift_minutes * MINUTE

    def way(punch: Punch) -> Direction | None:
        return key_of(punch, rules)

    def follows(first: Punch, last: Punch) -> bool:
        is_known = came or way(first) is not None or way(last) is not None
        is_one_stretch = last.at - first.at <= longest and not any(first.at < other < last.at for other in inside)
        has_key = Direction.IN is way(first) or Direction.OUT is way(last)
        return is_known and is_one_stretch and (has_key or beyond_window.may_be_a_call_out(first, last, plan))

    called: list[Punch] = []
    opened: list[Punch] = []
    began: Punch | None = None
    for punch in allotted.loose:
        if opened and not follows(opened[0], punch):
            opened = []
        if way(punch) is Direction.IN:
            opened = [*opened, punch] if opened and way(opened[0]) is Direction.IN else [punch]
        elif opened:
            called.extend((*opened, punch))
            began, opened = opened[0], []
        elif way(punch) is None:
            opened = [punch]
        elif began is not None and follows(began, punch):
            called.append(punch)  # of several outs the last one counts
    if opened and way(opened[0]) is Direction.IN:
        called.extend(opened)
    held = set(map(id, called))
    allotted.loose = [punch for punch in allotted.loose if id(punch) not in held]
    allotted.called = sorted([*allotted.called, *called], key=in_order)


def _close_evening(evening: Allotted, morning: Allotted, rules: Rules, before: PlannedDay, after: PlannedDay) -> None:
    """Give the first event of a day to the in that the day before left open, where nobody was expected on that day.

    The windows of such a day only gather, so that midnight cuts no presence. An event without a direction is that
    out only where it lies nearer to that in than to what follows it, and before the shift of its own day.
    """
    events = morning.in_order
    opened = pair(evening.in_order, hours=Hours.PAIRS, rules=rules).open_in if events else None
    if opened is None or events[0].at - opened > rules.longest_off_shift_minutes * MINUTE:
        return
    is_free = after.kind is not DayKind.WORKING
    given = [key_of(punch, rules) for punch in events]
    if given[0] is Direction.OUT:
        closes = is_free or events[0].is_certain or given[1:2] != [Direction.OUT]
    else:
        is_near = len(events) == 1 or events[0].at - opened <= events[1].at - events[0].at
        is_early = is_free or (before.kind is not DayKind.UNROSTERED and _is_before_its_shift(morning, after, rules))
        closes = given[0] is None and is_near and is_early
    if closes:
        next(group for group in (*morning.by_occurrence, morning.loose) if events[0] in group).remove(events[0])
        evening.loose.append(events[0])


def _is_before_its_shift(morning: Allotted, after: PlannedDay, rules: Rules) -> bool:
    """Whether the first event of a working day lies in no window, or long before a shift that has an in of its own."""
    first = morning.in_order[0]
    for own, group in zip(after.occurrences, morning.by_occurrence, strict=True):
        if first in group:
            return len(group) > 1 and beyond_window.is_followed_by_the_in(first, group[1], own, rules=rules)
    return True
