"""One sentence that explains an attempt, with the numbers that decided it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from attendance.checkins import doubt
from attendance.checkins.models import Attempt
from attendance.recognition import identify
from attendance.reports import naming
from attendance.web import errors


def sentence(attempt: Attempt, *, zone: ZoneInfo) -> str:
    """Return it, such as: Matched: 0.71 from Mei's photo of 3 March 2026, threshold 1.00 for 812 references."""
    if attempt.method == Attempt.Method.PIN:
        return _by_pin(attempt)
    if attempt.answer == Attempt.Answer.REFUSED:
        return f"Refused: {errors.sentence(attempt.code, attempt.facts)}" if attempt.code else "Refused."
    if attempt.code == doubt.FOREIGN_NUMBER:
        return f"{_ANSWERS[attempt.answer]}: {errors.sentence(attempt.code)}"
    more = f" {errors.sentence(attempt.code)}" if attempt.code in _TELLING else ""
    if attempt.comparisons == 0:
        nobody = "nobody of the door's own people is enrolled" if _is_divided(attempt) else "nobody is enrolled yet"
        return f"Unknown: {nobody}, so there was nothing to compare with.{more}"
    if attempt.distance is None or attempt.threshold is None:
        return f"{_ANSWERS[attempt.answer]}: nothing near was found among {_references(attempt)}.{more}"
    return f"{_ANSWERS[attempt.answer]}: {_nearest(attempt, zone=zone)}{_runner_up(attempt)}.{more}"


_TELLING = {doubt.WITHOUT_PIN, identify.LOOK_ALIKE_PAIR, identify.GUEST_GIVES_NUMBER}
"""Codes whose sentence says more than the numbers do."""


_ANSWERS: dict[str, str] = {
    Attempt.Answer.MATCHED: "Matched",
    Attempt.Answer.AMBIGUOUS: "Ambiguous",
    Attempt.Answer.UNKNOWN: "Unknown",
}


def _by_pin(attempt: Attempt) -> str:
    if attempt.answer == Attempt.Answer.MATCHED:
        return "Matched: number and PIN belong together; no face was compared."
    return (
        f"Refused: {errors.sentence(attempt.code, attempt.facts)}" if attempt.code else "Refused: wrong number or PIN."
    )


def _nearest(attempt: Attempt, *, zone: ZoneInfo) -> str:
    searched = f"threshold {attempt.threshold:.2f} for {_references(attempt)}"
    if attempt.answer == Attempt.Answer.UNKNOWN:
        whose = f", {_photo(attempt, zone=zone)}," if attempt.person else ""
        return f"the nearest face{whose} is {attempt.distance:.2f} away, {searched}"
    return f"{attempt.distance:.2f} from {_photo(attempt, zone=zone)}, {searched}"


def _photo(attempt: Attempt, *, zone: ZoneInfo) -> str:
    name = f"{naming.shown(attempt.person)}'s photo" if attempt.person else "a photo"
    return f"{name} of {day(attempt, zone=zone)}" if attempt.reference else name


def day(attempt: Attempt, *, zone: ZoneInfo) -> str:
    """Return the day of the photo that was compared with."""
    if attempt.reference is None:
        return ""
    submitted = attempt.reference.submitted_at.astimezone(zone)
    return f"{submitted.day} {submitted:%B %Y}"


@dataclass(frozen=True, slots=True)
class DecidingCalibration:
    """Whose calibration gave a threshold: that of the own people, computed at a time, or the encoder's (None)."""

    computed_at: dt.datetime | None


def calibration(attempt: Attempt) -> DecidingCalibration | None:
    """Return whose calibration decided; None where there was no threshold, or before this was kept."""
    by = attempt.facts.get("calibration")
    if attempt.threshold is None or by is None:
        return None
    own = by == identify.BY_OWN_PEOPLE
    return DecidingCalibration(dt.datetime.fromisoformat(str(attempt.facts["calibrated_at"])) if own else None)


def _references(attempt: Attempt) -> str:
    count = "1 reference" if attempt.comparisons == 1 else f"{attempt.comparisons:,} references"
    if not _is_divided(attempt):
        return count
    is_guest = identify.GUEST in str(attempt.facts.get("reasons", "")).split(", ")
    return f"{count} of other people, who may come as guests" if is_guest else f"{count} of the door's own people"


def _is_divided(attempt: Attempt) -> bool:
    """Whether the door searched its own people first."""
    return "own_references" in attempt.facts


def _runner_up(attempt: Attempt) -> str:
    if attempt.runner_up_distance is None:
        return "" if attempt.method == Attempt.Method.VERIFY else "; nobody else came near"
    if attempt.answer == Attempt.Answer.AMBIGUOUS and attempt.code != identify.LOOK_ALIKE_PAIR:
        name = naming.shown(attempt.runner_up) if attempt.runner_up else "somebody else"
        return f"; {name} at {attempt.runner_up_distance:.2f} could be meant as well"
    return f"; next nearest {attempt.runner_up_distance:.2f}"
