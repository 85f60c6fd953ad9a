"""Answers to the question whether a weak match was the person."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from attendance.checkins.models import CheckIn
from attendance.workdays.models.requests import Correction


class MatchReview(models.Model):
    """Somebody looked at both faces of a check-in and said whose it is. Never edited; the newest one holds."""

    class Verdict(models.TextChoices):
        """What was said."""

        RIGHT = "right", "it is"
        WRONG = "wrong", "it is not"

    check_in = models.ForeignKey(CheckIn, on_delete=models.PROTECT, related_name="reviews")
    verdict = models.CharField(max_length=5, choices=Verdict)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    correction = models.ForeignKey(
        Correction,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="by which the check-in was taken away, where this answer did it",
    )

    class Meta:
        ordering = ("-at", "-pk")
        indexes: ClassVar = [models.Index(fields=["check_in", "at"], name="reviews_of_a_check_in")]

    def __str__(self) -> str:
        return f"check-in {self.check_in_id}: {self.verdict}"
