"""Which punches are one event, and whose window do they lie in?

Nothing is dropped: what is not counted is kept with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from timekeeping.pairing import Use, pair
from timekeeping.plan import DayKind, Plan
from timekeeping.rule_book import RuleBook
from timekeeping.timeline import Timeline
from timekeeping.values import MINUTE, Correction, CorrectionState, Direction, Hours, Punch, Rules, Source


def gather(
    punches: Iterable[Punch], corrections: Sequence[Correction], *, timeline: Timeline, rules: RuleBook
) -> tuple[list[Punch], list[tuple[Punch, Use]]]:
    """Return the events in order, at points of the timeline, and the punches that are none with the reason."""
    facts = list(punches)
    set_aside: list[tuple[Punch, Use]] = []
    approved = [correction for correction in corrections if correction.state is CorrectionState.APPROVED]
    if approved:
        replaced = {correction.replaces for correction in approved if correction.replaces is not None}
        set_aside = [(punch, Use.REPLACED) for punch in facts if punch.at in replaced]
        facts = [punch for punch in facts if punch.at not in replaced]
        facts.extend(
            Punch(each.at, each.direction, Source.CORRECTION, each.decided_at, each.number)
            for each in approved
            if each.at is not None
        )
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


def _on_the_wall(punch: Punch, timeline: Timeline) -> Punch:
    """Put a punch at what the clock showed; when it became known stays an instant."""
    return punch._replace(at=timeline.point_at(punch.at), recorded_at=punch.known_at)


def in_order(punch: Punch) -> tuple[int, bool]:
    """An out and an in of the same second touch: the out comes first."""
    return punch.at, punch.direction is not Direction.OUT


@dataclass(slots=True)
class Allotted:
    """The events of one planned day: those of each occurrence's window, and those outside of every window."""

    by_occurrence: list[list[Punch]]
    loose: list[Punch]

    @property
    def any(self) -> bool:
        """Whether there is an event at all."""
        return bool(self.loose) or any(self.by_occurrence)

    @property
    def in_order(self) -> list[Punch]:
        """All events, whichever window they lie in."""
        return sorted((punch for group in (*self.by_occurrence, self.loose) for punch in group), key=in_order)


def allot(events: Sequence[Punch], plan: Plan, *, rules: RuleBook) -> list[Allotted]:
    """Give every event to the one window that holds its minute; the others stay with their local date."""
    result = [Allotted([[] for _ in day.occurrences], []) for day in plan.days]
    windows = plan.windows
    at = 0
    loose = []
    for punch in events:
        minute = punch.at - punch.at % MINUTE
        while at < len(windows) and windows[at][1] < minute:
            at += 1
        if at < len(windows) and windows[at][0] <= minute:
            result[windows[at][2]].by_occurrence[windows[at][3]].append(punch)
        else:
            loose.append(punch)
    if loose:
        _allot_loose(loose, plan, result, rules)
    for at in range(1, len(result)):
        if plan.days[at - 1].kind is not DayKind.WORKING and result[at - 1].any:
            held = rules.on(plan.days[at - 1].day)
            _close_evening(result[at - 1], result[at], held, is_free=plan.days[at].kind is not DayKind.WORKING)
    return result


def _allot_loose(loose: Sequence[Punch], plan: Plan, result: list[Allotted], rules: RuleBook) -> None:
    """Keep an out beside the in that it closes; without a roster there is only the time between them to go by."""
    first = plan.days[0].day
    opened: tuple[int, int] | None = None
    for punch in loose:
        index = (plan.timeline.local(punch.at).date() - first).days
        if not 0 <= index < len(plan.days):
            continue
        longest = 0 if opened is None else rules.on(plan.days[opened[0]].day).longest_off_shift_minutes * MINUTE
        closes = opened is not None and punch.at - opened[1] <= longest and punch.direction is not Direction.IN
        if closes and opened is not None:
            same_day = opened[0] == index
            free = all(plan.days[day].kind is DayKind.UNROSTERED for day in (opened[0], index))
            if same_day or punch.direction is Direction.OUT or free:
                index = opened[0]
                opened = None
            else:
                opened = (index, punch.at)
        else:
            opened = (index, punch.at)
        result[index].loose.append(punch)


def _close_evening(evening: Allotted, morning: Allotted, rules: Rules, *, is_free: bool) -> None:
    """Give the first event of a day to the in that the day before left open, where nobody was expected on that day.

    The windows of such a day only gather, so that midnight cuts no presence. An event without a direction is that
    out only where nobody is expected on its own day either and it lies nearer to that in than to what follows it.
    """
    events = morning.in_order
    opened = pair(evening.in_order, hours=Hours.PAIRS, rules=rules).open_in if events else None
    if opened is None or events[0].at - opened > rules.longest_off_shift_minutes * MINUTE:
        return
    given = [None if rules.directions_from_context else punch.direction for punch in events]
    if given[0] is Direction.OUT:
        closes = is_free or given[1:2] != [Direction.OUT]
    else:
        is_near = len(events) == 1 or events[0].at - opened <= events[1].at - events[0].at
        closes = is_free and given[0] is None and is_near
    if closes:
        next(group for group in (*morning.by_occurrence, morning.loose) if events[0] in group).remove(events[0])
        evening.loose.append(events[0])
