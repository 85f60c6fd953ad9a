"""Names what is weak about a match: it counts, and somebody should look at both faces.

A match is never refused for it: the promise of the settings holds without. The rest of the strangers and of the
mistaken names that the promise allows lie among the weak matches.
"""

from __future__ import annotations

import math

from verifier.calibration import Calibration
from verifier.values import Decision, Outcome

NEAR_THRESHOLD = "near_threshold"
"""The face would not be matched if strangers were let in a tenth as often."""
NEAR_RUNNER_UP = "near_runner_up"
"""Somebody else is nearly as likely."""
SETTLED_BY_NUMBER = "settled_by_number"
"""The face could be that of two people; an employee number without a PIN said which one."""
LOOK_ALIKE_WITHOUT_PIN = "look_alike_without_pin"
"""The same of somebody who has a look-alike, and no PIN."""

STRICTER = 10
SURE_ODDS = 99.0
"""The nearest person is beyond doubt where they are so many times likelier than the runner-up."""


def find(decision: Decision, *, calibration: Calibration) -> str:
    """Return what is weak about a match, by the table that decided it; whatever is no match is not weak."""
    nearest, runner_up = decision.nearest, decision.runner_up
    if decision.outcome is not Outcome.MATCHED or nearest is None:
        return ""
    allowed = calibration.false_match_rate_at(decision.threshold)
    if nearest.distance > calibration.distance_at(allowed / STRICTER):
        return NEAR_THRESHOLD
    sure = calibration.slope_distance * math.log(SURE_ODDS)
    if runner_up is not None and runner_up.distance - nearest.distance < sure:
        return NEAR_RUNNER_UP
    return ""
