"""Explains a work day in plain sentences, the same for clerks, the person and programs."""

from __future__ import annotations

from timekeeping import punctuality, status
from timekeeping.durations import hours_minutes as duration
from timekeeping.pairing import Use
from timekeeping.plan import DayKind, Occurrence
from timekeeping.values import MINUTE, ClockChange, Hours, LeavePart, OvertimeRule, Source
from timekeeping.work_day import ABSENT, HALF_DAY, LEFT, Flag, OvertimeState, Part, PunchUse, Taken, WorkDay


def explain(work_day: WorkDay) -> list[str]:
    """Return the sentences that explain the day, the rule version first."""
    return _Words(work_day).sentences()


class _Words:
    """Writes the sentences about one day; times on another date carry the date."""

    def __init__(self, work_day: WorkDay) -> None:
        self.day = work_day
        self.timeline = work_day.timeline

    def time(self, point: int) -> str:
        """Write a local time, with the date where it is not the work day's."""
        local = self.timeline.local(point)
        clock = f"{local:%H:%M}"
        return clock if local.date() == self.day.day else f"{clock} on {local.day} {local:%b}"

    def sentences(self) -> list[str]:
        """Return all of them in the order in which a person would ask."""
        day = self.day
        sentences = [f"Rules {day.rule_version}, times in {day.zone}.", self._expected()]
        if not day.employed:
            return [*sentences, *map(self._punch, day.uses)]
        if day.planned_day.off_share:
            feast = day.planned_day.holiday
            off = f"a holiday: {feast}." if feast else "off in this roster."
            sentences.append(f"The second half of this day is {off}")
        if day.planned_day.kind is DayKind.UNROSTERED and day.has(Flag.OFF_SHIFT):
            sentences.append(
                "Punches in no window of a shift are off-shift; their time counts, as nobody was expected."
            )
        sentences.extend(self._window(part.occurrence) for part in day.parts if part.occurrence is not None)
        sentences.extend(map(self._leave, day.leaves))
        sentences.extend(map(self._punch, day.uses_now))
        for part in day.parts:
            sentences.extend(self._crossing(part))
            sentences.extend(self._part(part))
        sentences.extend(self._totals())
        sentences.append(self._status())
        return sentences

    def _expected(self) -> str:
        day = self.day
        date = f"{day.day:%A} {day.day.day} {day.day:%B %Y}"
        if not day.employed:
            return f"{date} is {'after the last' if day.code == LEFT else 'before the first'} day of the employment."
        return {
            DayKind.WORKING: f"{date} is a working day.",
            DayKind.REST: f"{date} is a day off in this roster.",
            DayKind.HOLIDAY: f"{date} is a holiday: {day.planned_day.holiday}.",
            DayKind.UNROSTERED: f"No shift is assigned for {date}.",
        }[day.planned_day.kind]

    def _window(self, occurrence: Occurrence) -> str:
        after = " (that minute still belongs to the shift before)" if occurrence.opens_after else ""
        return (
            f"Shift {occurrence.shift.name}, {self.time(occurrence.start)} to {self.time(occurrence.end)}, takes the "
            f"punches from {self.time(occurrence.opens)}{after} to {self.time(occurrence.closes)}."
        )

    def _leave(self, taken: Taken) -> str:
        part = {
            LeavePart.FULL: "the whole day",
            LeavePart.FIRST_HALF: "the first half of the day",
            LeavePart.SECOND_HALF: "the second half of the day",
            LeavePart.HOURS: "some hours of the day",
        }[taken.part]
        if taken.leave.at_work:
            return f"Approved work elsewhere ({taken.leave.code}) covers {part}: nobody is expected at a door for it."
        return f"Approved leave {taken.leave.code} takes {part}."

    def _punch(self, used: PunchUse) -> str:
        local = self.timeline.local(used.punch.at)
        clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
        if local.date() != self.day.day:
            clock += f" on {local.day} {local:%b}"
        is_standing = used.punch.source is Source.CORRECTION and used.use is not Use.REVOKED
        origin = ", by an approved correction" if is_standing else ""
        return f"{clock} {_USES[used.use]}{origin}."

    def _crossing(self, part: Part) -> list[str]:
        """Say what reaches beyond the window of a shift, or lies outside of every shift."""
        own, pairing, sentences = part.occurrence, part.pairing, []
        if own is None:
            if self.day.has(Flag.CALL_OUT) and pairing.pairs:
                done = f"{self.time(pairing.pairs[0][0])} to {self.time(pairing.pairs[-1][1])}"
                sentences.append(
                    f"Call-out: {done} lies outside of the shift and is work of the day on which it begins."
                )
            return sentences
        if part.is_beyond_its_window:
            last, first = pairing.uses[-1][0], pairing.uses[0][0]
            if last.at - own.closes >= MINUTE:
                sentences.append(
                    f"{self.time(last.at)} lies beyond the window, and closes the shift whose in stood open."
                )
            if first.at < own.first_minute:
                sentences.append(f"{self.time(first.at)} lies before the window, and opens the shift that had no in.")
        for border, words in (
            (pairing.entered, "comes straight from the shift before"),
            (pairing.left, "goes on in the next shift"),
        ):
            if border is not None:
                sentences.append(
                    f"Worked as one: the presence {words}, and is cut where they meet, at {self.time(border)}."
                )
        return sentences

    def _part(self, part: Part) -> list[str]:
        sentences = []
        if part.pairing.read_from_context:
            sentences.append(
                "The first key pressed was out: the keys were not believed, in and out follow from the order."
            )
        if part.pairing.odd_count:
            sentences.append("The number of punches is odd: one of them is missing.")
        if part.automatic_out is not None:
            sentences.append(
                f"No out was recorded; {self.time(part.automatic_out)} was filled in and counts for no pay until it "
                "is confirmed."
            )
        elif part.pairing.open_in is not None:
            still = "The out is missing" if part.judged else "Still open"
            sentences.append(f"{still} after the in at {self.time(part.pairing.open_in)}: that time is not counted.")
        if part.occurrence is not None:
            sentences.extend(self._times(part, part.occurrence))
            sentences.extend(_threshold(part, part.occurrence))
        return sentences

    def _times(self, part: Part, occurrence: Occurrence) -> list[str]:
        """Say who was late or early, by the very in and out that the figures are counted by."""
        shift, sentences = occurrence.shift, []
        came = punctuality.arrival(part.pairing, shift, part.planned)
        if came is not None:
            start = part.planned[0][0]
            if part.late:
                apart = "" if came == part.pairing.first_in else ", apart from what was worked before,"
                sentences.append(
                    f"In at {self.time(came)}{apart} is {duration(part.late)} after {self.time(start)}: late."
                )
            elif came - came % MINUTE > start and shift.grace_late_minutes and part.pairing.entered is None:
                sentences.append(
                    f"In at {self.time(came)} is not after {self.time(start)} and its grace of "
                    f"{shift.grace_late_minutes} min: on time."
                )
        went = punctuality.departure(part.pairing, shift, part.planned)
        if part.early and went is not None:
            end = part.planned[-1][1]
            apart = "" if went == part.pairing.last_out else ", apart from what was worked after,"
            sentences.append(
                f"Out at {self.time(went)}{apart} is {duration(part.early)} before {self.time(end)}: early."
            )
        return sentences

    def _totals(self) -> list[str]:
        day = self.day
        if not day.gross:
            return self._beyond()
        way = "first in to last out" if self._counts_first_last() else "the closed pairs"
        if any(part.automatic_out is not None for part in day.parts):
            way += ", and up to the out that was filled in"
        sentences = [
            f"Present {duration(day.gross)} ({way}), worked {duration(day.worked)} of {duration(day.planned)} planned."
        ]
        if day.gross != day.worked:
            sentences.append(f"{duration(day.gross - day.worked)} of it is break or unpaid early arrival.")
        if elsewhere := _elsewhere(day):
            sentences.append(f"{duration(elsewhere)} of approved work elsewhere count beside it.")
        if day.rules.clock_change is ClockChange.WALL:
            sentences.append("Durations follow the clock on the wall.")
        if day.night:
            sentences.append(f"{duration(day.night)} lie in the night hours.")
        sentences.extend(self._beyond())
        return sentences

    def _counts_first_last(self) -> bool:
        """Whether a shift, or a day off in place of one, counts from the first in to the last out."""
        day = self.day
        counted = [part.occurrence for part in day.parts if part.occurrence is not None]
        if day.planned_day.kind is not DayKind.WORKING and len(day.planned_day.occurrences) == 1:
            counted = list(day.planned_day.occurrences)
        return any(each.shift.hours is Hours.FIRST_LAST for each in counted)

    def _beyond(self) -> list[str]:
        """Say what lies beyond the plan, or below it, as the figure of the overtime has it."""
        day = self.day
        state = _STATES.get(day.overtime_state, "")
        is_weekly = day.rules.overtime is OvertimeRule.WEEK
        if day.overtime:
            name = "Overtime" if day.overtime > 0 else "Undertime"
            of = " of the whole week, which stands at its last day" if is_weekly else self._all_of_it()
            return [f"{name} {duration(abs(day.overtime))}{of}{state}."]
        if is_weekly:
            return ["Overtime is decided by the whole week."] if day.gross else []
        extra = day.worked - day.unconfirmed[0] + _elsewhere(day) - day.planned
        if not day.gross or not day.planned or extra < MINUTE:
            return []
        if day.rules.overtime is OvertimeRule.NONE:
            return [f"{duration(extra)} beyond the plan: overtime is not counted."]
        tolerance = day.rules.overtime_tolerance_minutes
        return [f"{duration(extra)} beyond the plan is within the tolerance of {tolerance} min."]

    def _all_of_it(self) -> str:
        """Say why all of the overtime counts: a tolerance is a threshold, and on a day off there is none."""
        tolerance = self.day.rules.overtime_tolerance_minutes
        if not tolerance or self.day.overtime < 0:
            return ""
        if self.day.planned_day.kind is not DayKind.WORKING:
            return ", all that was worked: nobody was expected"
        return f", more than the tolerance of {tolerance} min: all of it counts"

    def _status(self) -> str:
        day = self.day
        if day.has(Flag.UNDECIDED):
            return "Not decided yet: not every door has delivered all punches of the window."
        shares = [
            f"{name} {share:g}"
            for name, share in (
                ("present", day.present),
                ("leave", day.leave),
                ("absent", day.absent),
                ("off", day.off),
            )
            if share and not (name == "off" and share == 1)
        ]
        second = f" {' '.join(day.second)}" if day.second else ""
        worth = f" ({', '.join(shares)})" if shares else ""
        return f"Status {day.code or 'not marked'}{second}{worth}."


def _elsewhere(day: WorkDay) -> int:
    return sum(part.elsewhere_seconds for part in day.parts)


def _threshold(part: Part, occurrence: Occurrence) -> list[str]:
    if part.code not in {ABSENT, HALF_DAY} or not part.pairing.uses:
        return []
    absent, half = status.thresholds(occurrence, part.planned)
    name, seconds = ("absent", absent) if part.code == ABSENT else ("half-day", half)
    needed = seconds + -seconds % MINUTE  # leave of some hours leaves a share of it, with seconds
    if part.worked >= needed:  # by the seconds that the shift before it left over
        return [f"Seconds are missing to the {name} threshold of {duration(needed)}."]
    return [f"{duration(part.worked)} is less than the {name} threshold of {duration(needed)}."]


_STATES = {OvertimeState.TO_APPROVE: "; to be approved", OvertimeState.APPROVED: "; approved"}
_USES = {
    Use.IN: "in",
    Use.OUT: "out",
    Use.BETWEEN: "lies between the first and the last punch",
    Use.REPEATED: "repeats the punch just before it: one event",
    Use.EXTRA_IN: "is a second in; the first one is kept",
    Use.EXTRA_OUT: "is an out, but a later out counts",
    Use.LEADING_OUT: "is an out before any in and is set aside",
    Use.OFF_SHIFT: "is off-shift: in no window of a shift",
    Use.REPLACED: "was withdrawn by an approved correction",
    Use.REVOKED: "is of a correction that was taken back",
    Use.NOT_EMPLOYED: "lies outside of the employment and is not counted",
}
