"""Closed months with their stored days, adjustments, and payroll templates."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from attendance.people.models import Person


class MonthSettings(models.Model):
    """From which month on records are kept; one row. Months before it are "before records" and are never closed."""

    records_begin = models.DateField(null=True, blank=True, help_text="the first day of that month")

    class Meta:
        verbose_name_plural = "month settings"
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(pk=1), name="month_settings_single_row")]

    def __str__(self) -> str:
        return f"records begin {self.records_begin}"


class MonthClosing(models.Model):
    """A month that is locked: its days, with everything its files show, are stored under it.

    Later facts become adjustments of a later closing. A closing that is being prepared holds rows but locks nothing;
    one that was reopened is superseded and stays, so that the file that had gone out can be made again.
    """

    class State(models.TextChoices):
        """Where a closing stands."""

        PREPARING = "preparing"
        CLOSED = "closed"
        SUPERSEDED = "superseded"

    month = models.DateField(help_text="its first day")
    version = models.PositiveSmallIntegerField(default=1, help_text="2 for the first closing after a reopening")
    state = models.CharField(max_length=10, choices=State, default=State.CLOSED)
    closed_at = models.DateTimeField()
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    closed_by_name = models.CharField(max_length=150, blank=True)
    rule_version = models.CharField(max_length=20)
    layout = models.PositiveSmallIntegerField(default=1, help_text="version of the layout of its files")
    sha256 = models.CharField(max_length=64, help_text="over all days, sums and adjustments; names are not part of it")
    sequence = models.BigIntegerField(default=0, help_text="the newest fact that was known")
    time_zone = models.CharField(max_length=64, default="UTC", help_text="zone in which its files show times")
    codes = models.JSONField(default=list, help_text="what the codes meant, and how they looked")
    rules = models.JSONField(default=list, help_text="the rules in force, as values, each with its first day")
    plan = models.JSONField(default=dict, help_text="rosters and calendars in force, as values, by number")
    open_points = models.JSONField(default=list, help_text="what was still open, and closed all the same")
    filled_in = models.BooleanField(default=False, help_text="facts of the row were filled in at an upgrade")
    reviewed_at = models.DateTimeField(null=True, blank=True, help_text="differences after an upgrade were looked at")
    superseded_at = models.DateTimeField(null=True, blank=True)
    superseded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    superseded_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("-month", "-version")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["month", "version"], name="one_closing_a_month_and_version"),
            models.UniqueConstraint(
                fields=["month"], condition=models.Q(state="closed"), name="one_closing_in_force_a_month"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}" if self.version == 1 else f"{self.month:%Y-%m} version {self.version}"


class ClosedMonth(models.Model):
    """One person's part of a closed month: who they were, the days as they were, their totals, and their facts.

    `basis`: the facts that were known, as values, so that a later engine can judge them again; None in months that
    were closed before it was kept. Erasing a person blanks `name` and nothing else.
    """

    closing = models.ForeignKey(MonthClosing, on_delete=models.PROTECT, related_name="people")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="closed_months")
    employee_number = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=300, blank=True)
    department = models.CharField(max_length=200, blank=True)
    days = models.JSONField(default=list)
    totals = models.JSONField(default=dict)
    basis = models.JSONField(null=True)

    class Meta:
        ordering = ("person",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["closing", "person"], name="one_closed_month_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.closing_id} of person {self.person_id}"


class Adjustment(models.Model):
    """What a person's closed month came to be more or less afterwards; it counts in the file of `closing`.

    `quantities`: the differences of the totals, by their keys; durations in seconds, whole minutes. `days`: day by day
    the forms before and after. `basis`: the facts that it was derived from; later adjustments start from them.
    `kind` entry: written by hand, with a reason; `closing` None: not yet in any file.
    """

    class Kind(models.TextChoices):
        """Where the difference comes from."""

        FACTS = "facts", "late facts"
        ENTRY = "entry", "entered by hand"

    closing = models.ForeignKey(
        MonthClosing, null=True, blank=True, on_delete=models.PROTECT, related_name="adjustments"
    )
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="adjustments")
    month = models.DateField(help_text="first day of the month that is adjusted")
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.FACTS)
    quantities = models.JSONField(default=dict)
    days = models.JSONField(default=list)
    basis = models.JSONField(null=True)
    sequence = models.BigIntegerField(default=0, help_text="the newest fact that was known")
    reason = models.CharField(max_length=500, blank=True)
    entered_at = models.DateTimeField(null=True, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("month", "person", "pk")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["closing", "person", "month"],
                condition=models.Q(kind="facts"),
                name="one_adjustment_a_person_and_month",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} of person {self.person_id}"


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
