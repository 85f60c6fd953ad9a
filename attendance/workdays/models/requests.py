"""Leave, corrections and approved overtime: what people asked for and what was decided."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from attendance.checkins.models import DIRECTIONS, CheckIn
from attendance.people.models import Person
from attendance.workdays.models.schedule import LeaveType
from timekeeping.values import LeavePart

PARTS = [
    (LeavePart.FULL.value, "whole days"),
    (LeavePart.FIRST_HALF.value, "first half"),
    (LeavePart.SECOND_HALF.value, "second half"),
    (LeavePart.HOURS.value, "hours"),
]
"""What a leave takes of a day, and how a form calls it."""


class State(models.TextChoices):
    """Where a request stands."""

    REQUESTED = "requested", "waiting"
    APPROVED = "approved", "approved"
    REJECTED = "rejected", "rejected"
    WITHDRAWN = "withdrawn", "withdrawn"


class Decided(models.Model):
    """What every request has: who asked, who decided, and why."""

    state = models.CharField(max_length=9, choices=State, default=State.REQUESTED, db_index=True)
    reason = models.CharField(max_length=500, blank=True)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decision = models.CharField(max_length=500, blank=True, help_text="why it was rejected")

    class Meta:
        abstract = True


class Leave(Decided):
    """Absence by agreement; only approved leave counts. `replaces`: the approved leave of which it is what remains."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="leaves")
    type = models.ForeignKey(LeaveType, on_delete=models.PROTECT, related_name="leaves")
    first = models.DateField()
    last = models.DateField()
    part = models.CharField(max_length=11, choices=PARTS, default=LeavePart.FULL.value)
    half_day = models.DateField(null=True, blank=True)
    start = models.TimeField(null=True, blank=True)
    end = models.TimeField(null=True, blank=True)
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replacements")

    class Meta:
        ordering = ("-first", "-pk")

    def __str__(self) -> str:
        return f"leave {self.pk} of person {self.person_id}"


class Correction(Decided):
    """Times that a person asks to have counted, or a check-in that is not to count; check-ins are never edited."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="corrections")
    day = models.DateField(help_text="the work day that the person means")

    class Meta:
        ordering = ("-requested_at", "-pk")
        indexes: ClassVar = [models.Index(fields=["person", "day"], name="corrections_of_a_day")]

    def __str__(self) -> str:
        return f"correction {self.pk} of person {self.person_id}"


class CorrectionEntry(models.Model):
    """One time of a correction; `replaces` only withdraws a check-in, `withdraws` a time of another correction."""

    correction = models.ForeignKey(Correction, on_delete=models.CASCADE, related_name="entries")
    at = models.DateTimeField(null=True, blank=True)
    direction = models.CharField(max_length=3, choices=DIRECTIONS, blank=True)
    replaces = models.ForeignKey(CheckIn, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdraws = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="withdrawn_by")

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.direction} {self.at}"


class OvertimeApproval(models.Model):
    """Somebody approved the overtime of a day or of its week; a later fact of that time undoes it."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="overtime_approvals")
    day = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ("-at",)

    def __str__(self) -> str:
        return f"overtime of person {self.person_id} on {self.day}"


class Revocation(Decided):
    """Takes back an approved request, or lets it count again: the request itself stays as it was decided.

    Of several the one that was decided last holds. `day`: whoever may decide about that day of the person may decide
    about it.
    """

    class Kind(models.TextChoices):
        """What it does to the request."""

        REVOKE = "revoke", "take back"
        RESTORE = "restore", "count again"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="revocations")
    day = models.DateField()
    kind = models.CharField(max_length=7, choices=Kind, default=Kind.REVOKE)
    correction = models.ForeignKey(
        Correction, null=True, blank=True, on_delete=models.PROTECT, related_name="revocations"
    )
    leave = models.ForeignKey(Leave, null=True, blank=True, on_delete=models.PROTECT, related_name="revocations")
    overtime = models.ForeignKey(
        OvertimeApproval, null=True, blank=True, on_delete=models.PROTECT, related_name="revocations"
    )

    class Meta:
        ordering = ("-requested_at", "-pk")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(
                    models.Q(correction__isnull=False, leave=None, overtime=None)
                    | models.Q(correction=None, leave__isnull=False, overtime=None)
                    | models.Q(correction=None, leave=None, overtime__isnull=False)
                ),
                name="revocation_of_one_request",
            ),
        ]

    def __str__(self) -> str:
        return f"revocation {self.pk} of person {self.person_id}"

    @property
    def request(self) -> Approved:
        """The request that it is about."""
        found = self.correction or self.leave or self.overtime
        if found is None:  # the constraint forbids it
            raise LookupError(self.pk)
        return found


Approved = Correction | Leave | OvertimeApproval
"""What may be taken back once it is approved."""
_Row = TypeVar("_Row", Correction, Leave, OvertimeApproval)
_FIELDS: dict[type[models.Model], str] = {Correction: "correction", Leave: "leave", OvertimeApproval: "overtime"}


def revoked_field(request: Approved) -> str:
    """Return the name under which a revocation points to such a request."""
    return _FIELDS[type(request)]


def counting(rows: QuerySet[_Row]) -> QuerySet[_Row]:
    """Return those that are approved and were not taken back, or count again since."""
    latest = Revocation.objects.filter(state=State.APPROVED, **{_FIELDS[rows.model]: OuterRef("pk")})
    kinds = latest.order_by("-decided_at", "-pk").values("kind")[:1]
    if issubclass(rows.model, Decided):
        rows = rows.filter(state=State.APPROVED)
    return rows.alias(said=Coalesce(Subquery(kinds), Value(""))).exclude(said=Revocation.Kind.REVOKE)
