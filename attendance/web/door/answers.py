"""Answers to the page of a door: a word, a first name, a direction and a time; no distance, no other name."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from attendance.checkins import doubt, undo
from attendance.checkins.attempts import Outcome
from attendance.checkins.models import CheckIn
from attendance.core import site
from attendance.core.errors import Fact, Refusal
from attendance.recognition.identify import HINDRANCE
from attendance.web.door import sentences
from attendance.workdays.requests import forgotten_out
from timekeeping.durations import hours_minutes

Answer = dict[str, Fact | dict[str, object]]


def for_outcome(outcome: Outcome) -> Answer:
    """Return the result of a check-in."""
    if outcome.check_in is not None:
        answer = for_check_in(outcome.check_in, worked_seconds=outcome.worked_seconds)
        if outcome.answer == "recorded":
            answer |= {"undo": undo.token(outcome.check_in), "undo_seconds": undo.UNDO_SECONDS}
        asked = for_question(outcome.check_in)
        if asked is not None:
            answer["question"] = asked
        return {"answer": outcome.answer, **answer}
    attempt = outcome.attempt
    code = attempt.code if outcome.answer == "refused" else outcome.answer
    asks_for_guest = doubt.asks_for_guest(attempt)
    if asks_for_guest or attempt.code in {"number_not_in_question", "person_inactive"}:
        code = attempt.code
    answer = {"answer": outcome.answer, "code": code, "message": sentences.sentence(code, attempt.facts)}
    if outcome.answer == "unknown" and HINDRANCE in attempt.facts:
        answer["hint"] = attempt.facts[HINDRANCE]
    if outcome.answer == "ambiguous":
        answer |= {"ticket": doubt.ticket(attempt), "asks_for_pin": doubt.asks_for_pin(attempt)}
    elif asks_for_guest:
        answer |= {"ticket": doubt.ticket(attempt), "asks_for_guest": True}
    return answer


def for_check_in(check_in: CheckIn, *, worked_seconds: int) -> Answer:
    """Return name, direction, time and hours."""
    return {
        "name": first_name(check_in.person.name),
        "direction": check_in.direction,
        "time": clock_time(check_in.at),
        "hours_today": hours_minutes(worked_seconds),
    }


def for_question(check_in: CheckIn) -> dict[str, object] | None:
    """Return the question about a missing out, with times to choose from; None where no out is missing."""
    asked = forgotten_out.question(check_in)
    if asked is None:
        return None
    times = [f"{each:%H:%M}" for each in asked.suggested]
    return {"text": sentences.forgotten(asked), "times": times, "token": asked.token}


def for_request(left: str) -> Answer:
    """Return the confirmation that the answer has become a request."""
    return {"answer": "asked", "message": sentences.asked(left)}


def for_refusal(refusal: Refusal) -> Answer:
    """Return why nothing was tried."""
    return {
        "answer": "refused",
        "code": refusal.code,
        "message": sentences.sentence(refusal.code, refusal.facts),
    }


def for_fault() -> Answer:
    """Return that Muster itself failed; the code is in the log, not at the door."""
    return {"answer": "fault", "code": "fault", "message": sentences.sentence("fault")}


def first_name(name: str) -> str:
    """Return the first word of the name, which is all that a door shows."""
    return (name.split() or [name])[0]


def clock_time(at: dt.datetime, zone: ZoneInfo | None = None) -> str:
    """Return hour and minute at the site."""
    return f"{at.astimezone(zone or site.zone()):%H:%M}"


def read_time(text: str) -> dt.time:
    """Read hour and minute as buttons and fields send them; raises `time_unreadable`."""
    try:
        return dt.datetime.strptime(text.strip(), "%H:%M").time()  # noqa: DTZ007  (a time of day has no zone)
    except ValueError as error:
        raise Refusal("time_unreadable") from error
