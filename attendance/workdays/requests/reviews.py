"""Reviews of weak matches: somebody compares both faces of a check-in and says whether it is the person.

"It is not" takes the check-in away by a correction that is approved at once, so a closed month is adjusted as by any
other; "it is" puts it back where such an answer had taken it. Every answer is a row, and the newest one holds.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from attendance.checkins.models import Attempt, CheckIn
from attendance.core import audit, clock
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.workdays import doors
from attendance.workdays.models import Correction, CorrectionEntry, MatchReview, counting
from attendance.workdays.requests import corrections, decisions, revocations, scopes

Verdict = MatchReview.Verdict
REASON = "the face at the door was not this person"
PUT_BACK = "the face at the door was this person after all"


def weak() -> QuerySet[CheckIn]:
    """Return the check-ins of weak matches, newest first; those that were taken back at the door are left out."""
    found = CheckIn.objects.filter(attempt__answer=Attempt.Answer.MATCHED, voided_at=None)
    return found.exclude(attempt__weakness="").order_by("-at", "-pk")


def waiting() -> QuerySet[CheckIn]:
    """Return those that count and about which nobody has said anything."""
    return weak().filter(~Exists(withdrawals().filter(replaces=OuterRef("pk"))), reviews=None)


def answered() -> QuerySet[CheckIn]:
    """Return those about which somebody has."""
    return weak().filter(Exists(MatchReview.objects.filter(check_in=OuterRef("pk"))))


def withdrawals() -> QuerySet[CorrectionEntry]:
    """Return the entries by which check-ins do not count at present."""
    return CorrectionEntry.objects.filter(replaces__isnull=False, correction__in=counting(Correction.objects.all()))


def answer(check_in: CheckIn, *, verdict: Verdict, actor: User) -> MatchReview:
    """Write down what somebody says of a check-in, and let it count or not.

    Raises `no_weak_match`, `not_your_department`, `already_decided` where the same holds already, what
    `corrections.request` raises, and, where it is the person, `withdrawn_otherwise`: another correction took it away.
    """
    with transaction.atomic():
        decisions.lock(check_in.person)
        row = weak().filter(pk=check_in.pk).select_related("person").first()
        if row is None:
            raise Refusal("no_weak_match")
        day = doors.work_day(row)
        scopes.scope(actor).assure_decidable(row.person, day)
        _assure_new(row, verdict)
        correction = _withdraw(row, day, actor=actor) if verdict == Verdict.WRONG else None
        if verdict == Verdict.RIGHT:
            _put_back(row, actor=actor)
        audit.record("workdays.review_match", actor=actor, subject=f"check_in:{row.pk}", verdict=verdict.value)
        return MatchReview.objects.create(
            check_in=row, verdict=verdict, at=clock.now(), by=actor, correction=correction
        )


def _assure_new(row: CheckIn, verdict: Verdict) -> None:
    """Refuse what was said before, as by a second click, while the check-in stands as it says."""
    newest = MatchReview.objects.filter(check_in=row).first()
    counts = not withdrawals().filter(replaces=row).exists()
    if newest is not None and newest.verdict == verdict and counts == (verdict == Verdict.RIGHT):
        raise Refusal("already_decided")


def _withdraw(row: CheckIn, day: dt.date, *, actor: User) -> Correction | None:
    """Take the check-in away, unless a correction has done that already."""
    if withdrawals().filter(replaces=row).exists():
        return None
    asked = corrections.request(row.person, day, withdrawn=[row], reason=REASON, actor=actor)
    return corrections.approve(asked, actor=actor)


def _put_back(row: CheckIn, *, actor: User) -> None:
    """Undo the correction by which a review took the check-in away; refuse where another one did."""
    own = MatchReview.objects.filter(check_in=row).exclude(correction=None).values_list("correction_id", flat=True)
    for entry in withdrawals().filter(replaces=row).select_related("correction__person"):
        if entry.correction_id not in own:
            raise Refusal("withdrawn_otherwise")
        revocations.revoke(entry.correction, reason=PUT_BACK, actor=actor)
