"""Which rows hold what was planned, asked for, decided and closed? Work days themselves are derived, not stored."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from attendance.checkins.models import CheckIn
from attendance.core.models import validate_zone
from attendance.people.models import Department, Person


class Site(models.Model):
    """A further place with its own zone and holidays; without any, the one of the site settings holds for all."""

    class AutomaticOut(models.TextChoices):
        """When a forgotten out is filled in, to be confirmed; off unless somebody says otherwise."""

        AS_RULES = "", "as the rules of the organisation say"
        OFF = "off", "never"
        AFTER_PLAN = "after_plan", "when the plan of the day is used up"
        AT = "at", "at a fixed time"

    name = models.CharField(max_length=200, unique=True)
    time_zone = models.CharField(max_length=64, validators=[validate_zone])
    automatic_out = models.CharField(max_length=10, blank=True, default="", choices=AutomaticOut)
    automatic_tolerance_minutes = models.PositiveSmallIntegerField(
        default=0, help_text="so long after the plan is used up"
    )
    automatic_at = models.TimeField(null=True, blank=True, help_text="the fixed time")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class ZoneChange(models.Model):
    """From this day on the site keeps another zone; earlier days stay whole."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="changes")
    since = models.DateField()
    time_zone = models.CharField(max_length=64, validators=[validate_zone])

    class Meta:
        ordering = ("site", "since")

    def __str__(self) -> str:
        return f"{self.time_zone} since {self.since}"


class Employment(models.Model):
    """From when to when somebody is employed, and where; without a row since the person was added."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="employment")
    joined = models.DateField()
    left = models.DateField(null=True, blank=True, help_text="The last day.")
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"person {self.person_id} since {self.joined}"


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

    class Hours(models.TextChoices):
        """How presence is counted."""

        PAIRS = "pairs", "closed pairs"
        FIRST_LAST = "first_last", "first in to last out"

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
    hours = models.CharField(max_length=10, choices=Hours, default=Hours.PAIRS)
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
    """A day on which nobody is expected."""

    calendar = models.ForeignKey(HolidayCalendar, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    name = models.CharField(max_length=200)

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
    """How a code of the rules is written on the sheets of a month; the defaults are those of `codes`."""

    code = models.CharField(max_length=8, unique=True)
    label = models.CharField(max_length=100)
    colour = models.CharField(max_length=7, blank=True)
    paid_fraction = models.FloatField(null=True, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)])

    def __str__(self) -> str:
        return f"{self.code} {self.label}"


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
    """Absence by agreement; only approved leave counts."""

    class Part(models.TextChoices):
        """What it takes of a day."""

        FULL = "full", "whole days"
        FIRST_HALF = "first_half", "first half"
        SECOND_HALF = "second_half", "second half"
        HOURS = "hours", "hours"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="leaves")
    type = models.ForeignKey(LeaveType, on_delete=models.PROTECT, related_name="leaves")
    first = models.DateField()
    last = models.DateField()
    part = models.CharField(max_length=11, choices=Part, default=Part.FULL)
    half_day = models.DateField(null=True, blank=True)
    start = models.TimeField(null=True, blank=True)
    end = models.TimeField(null=True, blank=True)

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
    """One time of a correction; `replaces` without `at` only withdraws a check-in."""

    correction = models.ForeignKey(Correction, on_delete=models.CASCADE, related_name="entries")
    at = models.DateTimeField(null=True, blank=True)
    direction = models.CharField(max_length=3, choices=CheckIn.Direction, blank=True)
    replaces = models.ForeignKey(CheckIn, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

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


class WorkRules(models.Model):
    """What the organisation decided about work days; one row. The keys are those of docs/reference/rules.md."""

    content = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "work rules"
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(pk=1), name="work_rules_single_row")]

    def __str__(self) -> str:
        return "work rules"


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
