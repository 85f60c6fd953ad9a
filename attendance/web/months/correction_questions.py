"""What is asked before a correction is saved that does more than it says, with the days before and after it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from attendance.web import previews
from attendance.web.months import asked_days
from attendance.workdays.models import Correction, CorrectionEntry
from attendance.workdays.requests import outcomes
from attendance.workdays.requests.outcomes import Outcome, Time, Turn
from timekeeping.durations import hours_minutes
from timekeeping.pairing import Use
from timekeeping.work_day import WorkDay

_COUNTS_AS = {Use.IN: "an in", Use.OUT: "an out", Use.BETWEEN: "a time between the first and the last"}


@dataclass(frozen=True, slots=True)
class Look:
    """A day in words: its punches and its hours."""

    punches: str
    worked: str


@dataclass(frozen=True, slots=True)
class ChangedDay:
    """A day before the correction and with it."""

    day: dt.date
    before: Look
    after: Look


@dataclass(frozen=True, slots=True)
class Question:
    """What is shown before saving. `agreed`: what the button sends back; it holds for these very days alone."""

    sentences: tuple[str, ...]
    days: tuple[ChangedDay, ...]
    agreed: str


def question(outcome: Outcome, *, replaced: CorrectionEntry | None, typed: str) -> Question:
    """Return what to ask about an outcome. `replaced`: by the new time; `typed`: what else the answer is bound to."""
    sentences = (*_replaced(replaced, outcome.days[0].after), *_sentences(outcome))
    days = tuple(ChangedDay(each.before.day, _look(each.before), _look(each.after)) for each in outcome.days)
    return Question(sentences, days, previews.digest(sentences, days, typed))


def then(row: Correction) -> list[tuple[dt.date, str]]:
    """Return the punches of the days as they would be, for a request that takes times away or sets them aside.

    Whoever decides sees that the rest of a day is turned round.
    """
    outcome = outcomes.find_for(row)
    if not outcome.withdraws and not outcome.turned:
        return []
    return [(each.after.day, asked_days.punches(each.after)) for each in outcome.days]


def _replaced(entry: CorrectionEntry | None, day: WorkDay) -> Iterator[str]:
    if entry is not None and entry.at is not None:
        local = day.timeline.local(day.timeline.point_at(int(entry.at.timestamp())))
        yield (
            f"{entry.direction.title()} {local:%H:%M} of {written(local.date())} was entered by hand for the same "
            "stretch; the new time takes its place. If both are right, enter in and out of a second stretch together."
        )


def _look(day: WorkDay) -> Look:
    return Look(asked_days.punches(day), hours_minutes(day.worked))


def _sentences(outcome: Outcome) -> Iterator[str]:
    by_day = {each.after.day: each.after for each in outcome.days}
    for time in outcome.times:
        if time.day != outcome.day:
            yield _elsewhere(time, by_day[time.day])
    for turn in outcome.turned:
        yield _turned(turn)


def _elsewhere(time: Time, day: WorkDay) -> str:
    local = day.timeline.local(day.timeline.point_at(time.at))
    return f"{time.direction.value.title()} {local:%H:%M} of {written(local.date())} counts on {written(day.day)}."


def _turned(turn: Turn) -> str:
    local = turn.day.timeline.local(turn.punch.at)
    on = "" if local.date() == turn.day.day else f" of {written(local.date())}"
    becomes = f"would be {_COUNTS_AS[turn.after]}" if turn.after in _COUNTS_AS else "would not count any more"
    return f"{local:%H:%M}{on} counts as {_COUNTS_AS[turn.before]} now, and {becomes}."


def written(day: dt.date) -> str:
    """Write a day as the forms do."""
    return f"{day:%a} {day.day} {day:%b %Y}"
