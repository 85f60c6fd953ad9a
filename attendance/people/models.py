"""People, their sites, departments and door groups, their photo, and the log of facts about their work days."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models

from attendance.core.models import validate_zone

AUTOMATIC_OUT = [
    ("", "as the rules of the organisation say"),
    ("off", "never"),
    ("after_plan", "when the plan of the day is used up"),
    ("at", "at a fixed time"),
]
"""When a missing out is filled in at a site, to be confirmed, and how a form calls it."""


class Site(models.Model):
    """A further place with its own zone and holidays; without any, the one of the site settings holds for all.

    `guests`: whether its doors recognize people of other sites too, after their own.
    """

    name = models.CharField(max_length=200, unique=True)
    time_zone = models.CharField(max_length=64, validators=[validate_zone])
    automatic_out = models.CharField(max_length=10, blank=True, default="", choices=AUTOMATIC_OUT)
    automatic_tolerance_minutes = models.PositiveSmallIntegerField(
        default=0, help_text="so long after the plan is used up"
    )
    automatic_at = models.TimeField(null=True, blank=True, help_text="the fixed time")
    guests = models.BooleanField(default=True, help_text="Its doors recognize people of other sites too.")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    """A part of the organisation."""

    name = models.CharField(max_length=200, unique=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    """Somebody whose attendance is kept. Identity is the key; number and name are only text.

    `erased_at`: a person who was deleted keeps the row, without number, name, photos and vectors, so that the
    check-ins of years still add up. `site`: where the person works today (None: the main site), as the doors search;
    `workdays.schedule.employment` has it by day.
    """

    employee_number = models.CharField(max_length=64, unique=True, null=True, blank=True)
    name = models.CharField(max_length=300)
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.SET_NULL, related_name="people")
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.PROTECT, related_name="people")
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="person"
    )
    pin_hash = models.CharField(max_length=256, blank=True, help_text="argon2; empty: no PIN")
    created_at = models.DateTimeField()
    deactivated_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("name", "pk")
        verbose_name_plural = "people"
        indexes: ClassVar = [models.Index(fields=["name"], name="person_name")]

    def __str__(self) -> str:
        return f"{self.name} ({self.employee_number})" if self.employee_number else self.name

    @property
    def is_active(self) -> bool:
        """Whether this person may be matched and may check in."""
        return self.deactivated_at is None and self.erased_at is None


class DoorGroup(models.Model):
    """People whom some doors search first, whatever their site: a floor, a laboratory.

    `guests`: whether those doors recognize other people too, after them.
    """

    name = models.CharField(max_length=200, unique=True)
    guests = models.BooleanField(default=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class DoorGroupMember(models.Model):
    """Somebody belongs to a door group from the moment when the row is saved."""

    group = models.ForeignKey(DoorGroup, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="door_groups")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group", "person"], name="one_membership_a_door_group_and_person"),
        ]

    def __str__(self) -> str:
        return f"person {self.person_id} in door group {self.group_id}"


class ReferenceImages(models.QuerySet["ReferenceImage"]):
    """Photos by where they stand."""

    def present(self) -> Self:
        """Return those by which people are enrolled now: neither withdrawn nor waiting to replace another."""
        return self.filter(withdrawn_at=None, proposed_at=None)

    def proposed(self) -> Self:
        """Return those that wait to replace the present one."""
        return self.filter(withdrawn_at=None, proposed_at__isnull=False)


class ReferenceImage(models.Model):
    """The photo a person is enrolled by. A replaced photo is withdrawn, never overwritten.

    `file`: relative to MEDIA_ROOT, named by chance; shown only through a page that checks the right. `face_x`,
    `face_y`: middle of the face that somebody chose among several, as shares of the upright picture. `proposed_at`: set
    while the photo waits to replace the present one, which counts until then. `replaced_by`: what came in its place.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="references")
    file = models.FileField(upload_to="references/", max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    original_name = models.CharField(max_length=300, blank=True)
    submitted_at = models.DateTimeField()
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    proposed_at = models.DateTimeField(null=True, blank=True)
    replaced_by = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replaced")
    face_x = models.FloatField(null=True, blank=True)
    face_y = models.FloatField(null=True, blank=True)

    objects = ReferenceImages.as_manager()

    class Meta:
        ordering = ("-submitted_at", "-pk")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person"],
                condition=models.Q(withdrawn_at=None, proposed_at=None),
                name="one_current_reference_a_person",
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=models.Q(withdrawn_at=None, proposed_at__isnull=False),
                name="one_proposed_reference_a_person",
            ),
        ]

    def __str__(self) -> str:
        return f"photo {self.pk} of person {self.person_id}"


class DepartmentPeriod(models.Model):
    """From this day on the person belongs to another department; the days before keep the one they had.

    Who never moved has no row: `Person.department` holds for all days. Whoever has rows has one for `dt.date.min`, and
    `Person.department` repeats the one of today.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="department_periods")
    since = models.DateField()
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.PROTECT, related_name="periods")

    class Meta:
        ordering = ("person", "since")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "since"], name="one_department_a_person_and_day"),
        ]

    def __str__(self) -> str:
        return f"person {self.person_id} since {self.since}"


class FactCounter(models.Model):
    """The newest number of the log of facts; one row, locked by whoever takes the next number."""

    value = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(pk=1), name="fact_counter_single_row")]

    def __str__(self) -> str:
        return str(self.value)


class FactLine(models.Model):
    """A fact about work days was recorded, changed or withdrawn; append-only, see `people.facts_log`.

    `first`, `last`: the local days that it may touch, both included; `last` None: all days from `first` on.
    `person` None: the plan or the rules changed, for everybody.
    """

    class Kind(models.TextChoices):
        """What was recorded."""

        CHECK_IN = "check_in", "check-in"
        VOID = "void", "check-in withdrawn"
        CORRECTION = "correction", "correction decided"
        LEAVE = "leave", "leave decided"
        OVERTIME = "overtime", "overtime approved"
        EMPLOYMENT = "employment", "joining or leaving"
        PLAN = "plan", "plan or rules"

    sequence = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=10, choices=Kind)
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="fact_lines")
    first = models.DateField()
    last = models.DateField(null=True, blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ("sequence",)
        indexes: ClassVar = [models.Index(fields=["person", "sequence"], name="facts_of_a_person")]

    def __str__(self) -> str:
        return f"{self.sequence}: {self.kind}"


class PersonMerge(models.Model):
    """Two records of one person are one from `first_day` on: what is recorded of `other` counts for `kept`.

    Never edited, but that it ends: taken apart, `other` stands for itself again from `apart_day` on. What is brought
    back then: whether `other` was active, the photo that moved, `look_alikes` (numbers of people who look like `other`
    and were noted for `kept`), and whether the two had been called look-alikes (`was_pair`).
    """

    kept = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="merges")
    other = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="merged_into")
    first_day = models.DateField()
    reason = models.CharField(max_length=500)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    was_active = models.BooleanField()
    photo = models.ForeignKey(ReferenceImage, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    look_alikes = models.JSONField(default=list)
    was_pair = models.BooleanField(default=False)
    apart_day = models.DateField(null=True, blank=True)
    apart_at = models.DateTimeField(null=True, blank=True)
    apart_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("-at", "-pk")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["other"], condition=models.Q(apart_at=None), name="merged_into_one_record_at_a_time"
            ),
            models.CheckConstraint(condition=~models.Q(kept=models.F("other")), name="merge_of_two_records"),
        ]

    def __str__(self) -> str:
        return f"person {self.other_id} merged into {self.kept_id}"
