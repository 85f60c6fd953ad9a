"""Sites, shifts, assignments, holidays, employment, rules and status codes: what is planned."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from attendance.core.models import validate_zone
from attendance.people.models import Department, Person, Site
from timekeeping.values import Hours

HOURS = [(Hours.PAIRS.value, "closed pairs"), (Hours.FIRST_LAST.value, "first in to last out")]
"""How presence is counted, and how a form calls it."""


class ZoneChange(models.Model):
    """From this day on the site keeps another zone; earlier days stay whole. `site` None: the site of the settings."""

    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.CASCADE, related_name="changes")
    since = models.DateField()
    time_zone = models.CharField(max_length=64, validators=[validate_zone])

    class Meta:
        ordering = ("site", "since")

    def __str__(self) -> str:
        return f"{self.time_zone} since {self.since}"


class Employment(models.Model):
    """From when to when somebody is employed, and where; without a row since the person was added.

    Who left and came back has `EarlierEmployment` rows for what was before.
    """

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="employment")
    joined = models.DateField()
    left = models.DateField(null=True, blank=True, help_text="The last day.")
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"person {self.person_id} since {self.joined}"


class EarlierEmployment(models.Model):
    """An employment that had ended before the person came back; both days included."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="earlier_employments")
    joined = models.DateField()
    left = models.DateField(help_text="The last day.")

    class Meta:
        ordering = ("person", "joined")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "joined"], name="one_earlier_employment_a_person_and_day"),
            models.CheckConstraint(
                condition=models.Q(left__gte=models.F("joined")), name="earlier_employment_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"person {self.person_id} from {self.joined} to {self.left}"


class SitePeriod(models.Model):
    """From this day on the person works at another site (None: the one of the settings); earlier days stay.

    Who never moved has no row: `Employment.site` holds for all days. Whoever has rows has one for `dt.date.min`, and
    `Employment.site` repeats the one of today.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="site_periods")
    since = models.DateField()
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.PROTECT, related_name="periods")

    class Meta:
        ordering = ("person", "since")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "since"], name="one_site_a_person_and_day"),
        ]

    def __str__(self) -> str:
        return f"person {self.person_id} since {self.since}"


class DepartmentManager(models.Model):
    """Who decides about the corrections and the leave of a department."""

    department = models.ForeignKey(Department, on_delete=models.CASCADE, related_name="managers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="manages")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["department", "user"], name="one_manager_row_a_department"),
        ]

    def __str__(self) -> str:
        return f"user {self.user_id} manages department {self.department_id}"


class Shift(models.Model):
    """When somebody is expected; every field is explained in docs/reference/rules.md."""

    name = models.CharField(max_length=100, unique=True)
    start = models.TimeField()
    end = models.TimeField(help_text="At or before the start: on the next day.")
    before_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Empty: as far as the day allows."
    )
    after_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Empty: as far as the day allows."
    )
    breaks = models.CharField(max_length=200, blank=True, help_text="12:00-13:00, 15:00-15:15")
    break_minutes = models.PositiveSmallIntegerField(default=0)
    break_after_minutes = models.PositiveSmallIntegerField(default=0)
    planned_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    hours = models.CharField(max_length=10, choices=HOURS, default=Hours.PAIRS.value)
    grace_late_minutes = models.PositiveSmallIntegerField(default=0)
    grace_early_minutes = models.PositiveSmallIntegerField(default=0)
    half_day_minutes = models.PositiveSmallIntegerField(default=0)
    absent_minutes = models.PositiveSmallIntegerField(default=0)
    week_days = models.CharField(max_length=60, default="mon-fri")
    half_days = models.CharField(
        max_length=60, blank=True, help_text="Those of the days whose second half is off, as sat."
    )
    early_arrival_unpaid = models.BooleanField(default=False)
    flexible = models.BooleanField(default=False)
    examples = models.TextField(
        blank=True, help_text="One a line: in 21:10, out 06:20, expect 02 Nov 2026, 9:10, late 0. Run at every change."
    )

    class Meta:
        ordering = ("start", "name")

    def __str__(self) -> str:
        return self.name


class Assignment(models.Model):
    """A shift for a person or a department, or, for neither, as the default; both days included."""

    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="assignments")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="assignments")
    department = models.ForeignKey(
        Department, null=True, blank=True, on_delete=models.CASCADE, related_name="assignments"
    )
    first = models.DateField(null=True, blank=True)
    last = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("first", "pk")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(person=None) | models.Q(department=None), name="assigned_to_person_or_department"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.shift_id} from {self.first}"


class HolidayCalendar(models.Model):
    """A list of holidays, for one site or for all."""

    name = models.CharField(max_length=200, unique=True)
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.CASCADE, related_name="calendars")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Holiday(models.Model):
    """A day on which nobody is expected, or only in its first half."""

    calendar = models.ForeignKey(HolidayCalendar, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    name = models.CharField(max_length=200)
    is_half = models.BooleanField(default=False, help_text="Only the second half of the day is off.")

    class Meta:
        ordering = ("day",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["calendar", "day"], name="one_holiday_a_day_and_calendar"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class LeaveType(models.Model):
    """A kind of absence by agreement."""

    code = models.CharField(max_length=8, unique=True)
    name = models.CharField(max_length=100)
    colour = models.CharField(max_length=7, default="#64748b")
    paid_fraction = models.FloatField(default=1.0, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)])
    at_work = models.BooleanField(
        default=False, help_text="Work elsewhere, as from home: counts as present, not as leave."
    )

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class StatusCode(models.Model):
    """How a code is written on the sheets from a day on: one of the rules, or a kind of leave.

    Without a row the defaults of `schedule.codes` hold, or those of the kind of leave.
    """

    code = models.CharField(max_length=8)
    since = models.DateField(default=dt.date.min)
    label = models.CharField(max_length=100)
    colour = models.CharField(max_length=7, blank=True)
    paid_fraction = models.FloatField(null=True, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)])

    class Meta:
        ordering = ("code", "since")
        constraints: ClassVar = [models.UniqueConstraint(fields=["code", "since"], name="one_meaning_a_code_and_day")]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"


class WorkRules(models.Model):
    """What the organisation decided about work days, from a day on. The keys are those of docs/reference/rules.md."""

    since = models.DateField(default=dt.date.min, unique=True)
    content = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "work rules"
        ordering = ("since",)

    def __str__(self) -> str:
        return f"work rules since {self.since}"
