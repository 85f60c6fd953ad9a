"""The card shown after a check-in at a desk; it is read from the attempt, so that a reload shows the same."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from attendance.checkins import undo
from attendance.checkins.models import Attempt, CheckIn
from attendance.core import clock
from attendance.web.door import answers, sentences
from attendance.workdays import doors
from timekeeping.durations import hours_minutes


@dataclass(frozen=True, slots=True)
class Shown:
    """The card: `kind` is in, out, already, undone or failed. `question`: about a missing out."""

    kind: str
    title: str
    text: str
    attempt: Attempt
    check_in: CheckIn | None = None
    undo: str = ""
    question: dict[str, object] | None = None


ASKED_SECONDS = 600
"""How long after a check-in its page still asks about a missing out; it may be opened again much later."""


def for_attempt(attempt: Attempt) -> Shown:
    """Return the card of an attempt, with a way to take the check-in back while that is possible."""
    check_in = attempt.check_ins.filter(voided_at=None).order_by("-pk").first()
    if check_in is not None:
        return _recorded(attempt, check_in)
    if attempt.check_ins.exists():
        return Shown("undone", "Taken back", "Nothing is recorded.", attempt)
    already_at = attempt.facts.get("already_at")
    if already_at and attempt.person is not None:
        time = answers.clock_time(dt.datetime.fromisoformat(str(already_at)))
        name = answers.first_name(attempt.person.name)
        return Shown("already", name, f"Already recorded at {time}.", attempt)
    return Shown("failed", "Not recorded", sentences.sentence(_code(attempt), attempt.facts), attempt)


def _recorded(attempt: Attempt, check_in: CheckIn) -> Shown:
    time = answers.clock_time(check_in.at)
    worked = hours_minutes(doors.worked_seconds(check_in))
    age_seconds = (clock.now() - check_in.at).total_seconds()
    may_undo = check_in.replaces_id is None and age_seconds <= undo.UNDO_SECONDS
    return Shown(
        str(check_in.direction),
        answers.first_name(check_in.person.name),
        f"{str(check_in.direction).upper()} at {time}. {worked} hours today.",
        attempt,
        check_in=check_in,
        undo=undo.token(check_in) if may_undo else "",
        question=answers.for_question(check_in) if age_seconds <= ASKED_SECONDS else None,
    )


def _code(attempt: Attempt) -> str:
    """Choose the sentence; a picture that does not match one's own photo has a sentence of its own."""
    if attempt.answer == Attempt.Answer.REFUSED:
        return str(attempt.code)
    if attempt.method == Attempt.Method.VERIFY and attempt.code != "person_inactive":
        return "not_own"
    return str(attempt.answer)
