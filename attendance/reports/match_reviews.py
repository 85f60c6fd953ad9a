"""Weak matches as a list: the check-in, whether both faces can still be shown, and what was answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from attendance.checkins.models import Attempt, CheckIn
from attendance.recognition.models import ReferenceEmbedding
from attendance.workdays.models import MatchReview
from attendance.workdays.requests import reviews


@dataclass(frozen=True, slots=True)
class WeakMatch:
    """A check-in of a weak match. `newest`: the answer that holds; `counts`: no correction has taken it away."""

    check_in: CheckIn
    attempt: Attempt
    has_face: bool
    has_reference: bool
    newest: MatchReview | None
    counts: bool

    @property
    def is_wrong(self) -> bool:
        """Whether somebody said that it is another person."""
        return self.newest is not None and self.newest.verdict == reviews.Verdict.WRONG


def check_ins(*, is_answered: bool) -> QuerySet[CheckIn]:
    """Return the check-ins to list, newest first, ready to be paged; the pictures stay in the database."""
    found = reviews.answered() if is_answered else reviews.waiting()
    related = ("person__department", "attempt__device", "attempt__runner_up")
    return found.select_related(*related).defer("attempt__aligned", "attempt__facts", "attempt__quality")


def read(found: Sequence[CheckIn]) -> list[WeakMatch]:
    """Return a page of check-ins with what is known of each, by a few queries."""
    numbers = [check_in.pk for check_in in found]
    newest: dict[int, MatchReview] = {}
    for review in MatchReview.objects.filter(check_in__in=numbers).order_by("at", "pk").select_related("by"):
        newest[review.check_in_id] = review
    gone = set(reviews.withdrawals().filter(replaces__in=numbers).values_list("replaces_id", flat=True))
    attempts = [check_in.attempt for check_in in found if check_in.attempt is not None]
    with_face = set(
        Attempt.objects.filter(pk__in=[each.pk for each in attempts], aligned__isnull=False).values_list(
            "pk", flat=True
        )
    )
    references = _references(attempts)
    return [
        WeakMatch(
            check_in=check_in,
            attempt=check_in.attempt,
            has_face=check_in.attempt_id in with_face,
            has_reference=(check_in.attempt.reference_id, check_in.attempt.encoder_id) in references,
            newest=newest.get(check_in.pk),
            counts=check_in.pk not in gone,
        )
        for check_in in found
        if check_in.attempt is not None
    ]


def _references(attempts: Sequence[Attempt]) -> set[tuple[int | None, int | None]]:
    """Return photo and encoder of those references whose face can be shown."""
    rows = ReferenceEmbedding.objects.filter(
        reference__in=[each.reference_id for each in attempts if each.reference_id], aligned__isnull=False
    )
    return set(rows.values_list("reference_id", "encoder_id"))
