"""Closed months with their stored days, adjustments, and payroll templates."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from attendance.people.models import Person


class MonthClosing(models.Model):
    """A month that is locked: its days are stored here, and later facts become adjustments of the next one."""

    month = models.DateField(unique=True, help_text="its first day")
    closed_at = models.DateTimeField()
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    rule_version = models.CharField(max_length=20)
    sha256 = models.CharField(max_length=64, help_text="over all days and adjustments")
    codes = models.JSONField(default=list, help_text="what the codes meant, and how they looked")

    class Meta:
        ordering = ("-month",)

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class ClosedMonth(models.Model):
    """One person's part of a closed month: the days as they were, and their totals. No name, only the number."""

    closing = models.ForeignKey(MonthClosing, on_delete=models.PROTECT, related_name="people")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="closed_months")
    days = models.JSONField(default=list)
    totals = models.JSONField(default=dict)

    class Meta:
        ordering = ("person",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["closing", "person"], name="one_closed_month_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.closing_id} of person {self.person_id}"


class Adjustment(models.Model):
    """A day of a closed month came out differently afterwards; the difference counts in the month of `closing`."""

    closing = models.ForeignKey(MonthClosing, on_delete=models.PROTECT, related_name="adjustments")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="adjustments")
    day = models.DateField()
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        ordering = ("person", "day")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["closing", "person", "day"], name="one_adjustment_a_day_and_closing"),
        ]

    def __str__(self) -> str:
        return f"{self.day} of person {self.person_id}"


class PayrollTemplate(models.Model):
    """How a payroll file looks: which columns under which names, how durations are rounded and written."""

    name = models.CharField(max_length=100, unique=True)
    columns = models.JSONField(default=list, help_text='[["employee_number", "Personnel no."], ...]')
    rounding_minutes = models.PositiveSmallIntegerField(default=1)
    rounds_each_day = models.BooleanField(default=False)
    decimal_mark = models.CharField(max_length=1, default=".", choices=[(".", "."), (",", ",")])
    hours_as = models.CharField(max_length=7, default="decimal", choices=[("decimal", "7.50"), ("clock", "7:30")])
    separator = models.CharField(max_length=1, default=",", choices=[(",", ","), (";", ";")])
    date_form = models.CharField(
        max_length=5,
        default="iso",
        choices=[("iso", "2026-11-30"), ("dmy", "30.11.2026"), ("slash", "30/11/2026"), ("us", "11/30/2026")],
    )

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
