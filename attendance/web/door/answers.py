"""What does the door's page hear back? A word, a first name, a way and a time; no distance, no other name."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from attendance.checkins import doubt, undo
from attendance.checkins.attempts import Outcome
from attendance.checkins.models import CheckIn
from attendance.core import site
from attendance.core.errors import Fact, Refusal
from attendance.web.door import sentences
from attendance.workdays.requests import forgotten_out
from timekeeping.durations import hours_minutes

Answer = dict[str, Fact | dict[str, object]]


def of_outcome(outcome: Outcome) -> Answer:
    """Tell what became of a check-in."""
    if outcome.check_in is not None:
        told = of_check_in(outcome.check_in, worked_seconds=outcome.worked_seconds)
        if outcome.answer == "recorded":
            told |= {"undo": undo.token(outcome.check_in), "undo_seconds": undo.UNDO_SECONDS}
        asked = of_question(outcome.check_in)
        if asked is not None:
            told["question"] = asked
        return {"answer": outcome.answer, **told}
    attempt = outcome.attempt
    code = attempt.code if outcome.answer == "refused" else outcome.answer
    if attempt.code in {"number_not_in_question", "person_inactive"}:
        code = attempt.code
    told = {"answer": outcome.answer, "code": code, "message": sentences.sentence(code, attempt.facts)}
    if outcome.answer == "ambiguous":
        told["ticket"] = doubt.ticket(attempt)
    return told


def of_check_in(check_in: CheckIn, *, worked_seconds: int) -> Answer:
    """Tell name, way, time and hours."""
    return {
        "name": first_name(check_in.person.name),
        "direction": check_in.direction,
        "time": clock_time(check_in.at),
        "hours_today": hours_minutes(worked_seconds),
    }


def of_question(check_in: CheckIn) -> dict[str, object] | None:
    """Ask for a forgotten out, in one line with the times to choose from; None where none is missing."""
    asked = forgotten_out.question(check_in)
    if asked is None:
        return None
    times = [f"{each:%H:%M}" for each in asked.suggested]
    return {"text": sentences.forgotten(asked), "times": times, "token": asked.token}


def of_request(left: str) -> Answer:
    """Tell that the answer has become a request."""
    return {"answer": "asked", "message": sentences.asked(left)}


def of_refusal(refusal: Refusal) -> Answer:
    """Tell why nothing was tried."""
    return {
        "answer": "refused",
        "code": refusal.code,
        "message": sentences.sentence(refusal.code, refusal.facts),
    }


def of_fault() -> Answer:
    """Tell that we are broken; the code is in the log, not at the door."""
    return {"answer": "fault", "code": "fault", "message": sentences.sentence("fault")}


def first_name(name: str) -> str:
    """Return the first word: the door greets, it does not read out."""
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
