"""Settings of the matching as the operator chose them, and their effect at the present size of the gallery."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

from django.db import transaction

from attendance.core import audit
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.recognition import engine, gallery, local_calibration
from attendance.recognition.models import Encoder, MatchSettings
from verifier.policy import MatchPolicy

STRICTEST = 1e-6
LOOSEST = 0.1


def current() -> MatchSettings:
    """Return the one row; defaults where nobody has saved it yet."""
    return MatchSettings.objects.filter(pk=1).first() or MatchSettings(pk=1)


def assure_target(target_false_accept: float) -> None:
    """Refuse a rate that nobody can mean."""
    if not (math.isfinite(target_false_accept) and STRICTEST <= target_false_accept <= LOOSEST):
        raise Refusal("target_false_accept_invalid", smallest=STRICTEST, largest=LOOSEST)


def change(*, target_false_accept: float, actor: User | None) -> MatchSettings:
    """Set how often a stranger may be let in per attempt; from the next check-in on, in every process."""
    assure_target(target_false_accept)
    with transaction.atomic():
        row, _ = MatchSettings.objects.select_for_update().get_or_create(pk=1)
        before, row.target_false_accept = row.target_false_accept, target_false_accept
        row.save(update_fields=["target_false_accept"])
        audit.record("matching.change", actor=actor, subject="settings:1", before=before, after=target_false_accept)
    return row


def use_local_calibration(is_used: bool, *, actor: User | None) -> None:  # noqa: FBT001  (the value of the switch)
    """Let the calibration by the organisation's own people decide, or the shipped one; from the next attempt on."""
    with transaction.atomic():
        row, _ = MatchSettings.objects.select_for_update().get_or_create(pk=1)
        before, row.use_local_calibration = row.use_local_calibration, is_used
        if before == is_used:
            return
        row.save(update_fields=["use_local_calibration"])
        audit.record("matching.calibration", actor=actor, subject="settings:1", before=before, after=is_used)


@dataclass(frozen=True, slots=True)
class Matching:
    """The policy that decides; `calibrated_at`: when the own people's table was computed, None for the encoder's."""

    policy: MatchPolicy
    calibrated_at: dt.datetime | None


def matching(encoder: Encoder | None = None, *, target_false_accept: float | None = None) -> Matching:
    """Return what decides for an encoder, by default the one in use, at a target, by default the operator's.

    The own people's table is taken where it is used and there is one, else the encoder's.
    """
    row = current()
    target = row.target_false_accept if target_false_accept is None else target_false_accept
    own = local_calibration.own_table(encoder) if row.use_local_calibration else None
    table = engine.calibration(encoder) if own is None else own.table
    return Matching(MatchPolicy(table, target_false_accept=target), own.computed_at if own else None)


def policy(encoder: Encoder | None = None, *, target_false_accept: float | None = None) -> MatchPolicy:
    """Return the policy alone."""
    return matching(encoder, target_false_accept=target_false_accept).policy


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What a target means with so many references, for the page that sets it.

    `honest_refused`: share of attempts by enrolled people that are answered unknown. `beyond_measured`: the
    calibration had too few pairs to count so rare an event, the threshold is extrapolated. `shipped_threshold` and
    `shipped_refused` are those of the table that came with the encoder; `is_local`: the own people's decides.
    """

    target_false_accept: float
    comparisons: int
    threshold: float
    rate_per_comparison: float
    honest_refused: float
    smallest_supported_rate: float
    beyond_measured: bool
    shipped_threshold: float
    shipped_refused: float
    is_local: bool


def operating_point(
    *, target_false_accept: float | None = None, comparisons: int | None = None, use_local: bool | None = None
) -> OperatingPoint:
    """Return what the target (by default the saved one) means at this size (by default the present gallery's).

    `use_local`: whether the own people's calibration decides (by default as it is saved).
    """
    row, shipped = current(), engine.calibration()
    target = row.target_false_accept if target_false_accept is None else target_false_accept
    searched = max(1, len(gallery.current()[0]) if comparisons is None else comparisons)
    own = local_calibration.own_table() if (row.use_local_calibration if use_local is None else use_local) else None
    threshold = MatchPolicy(own.table if own else shipped, target_false_accept=target).threshold(searched)
    by_shipped = MatchPolicy(shipped, target_false_accept=target).threshold(searched)
    return OperatingPoint(
        target_false_accept=target,
        comparisons=searched,
        threshold=threshold,
        rate_per_comparison=target / searched,
        honest_refused=shipped.false_non_match_rate_at(threshold),
        smallest_supported_rate=shipped.smallest_supported_rate,
        beyond_measured=target / searched < shipped.smallest_supported_rate,
        shipped_threshold=by_shipped,
        shipped_refused=shipped.false_non_match_rate_at(by_shipped),
        is_local=own is not None,
    )
