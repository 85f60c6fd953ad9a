"""Rows of a bulk enrolment and of its progress."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from attendance.people.models import Person, ReferenceImage


class Import(models.Model):
    """One folder, ZIP or CSV with photos, read into rows; it survives closing the page and kill -9."""

    class State(models.TextChoices):
        """Preview first; nothing is enrolled before somebody says so."""

        READING = "reading"
        PREVIEW = "preview"
        RUNNING = "running"
        CANCELLED = "cancelled"
        DONE = "done"
        FAILED = "failed"

    name = models.CharField(max_length=300, help_text="of the file or folder, as the person knows it")
    folder = models.CharField(max_length=500, help_text="where the pictures lie until they are enrolled")
    state = models.CharField(max_length=10, choices=State, default=State.READING)
    code = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name


LOOK_ALIKE, SEVERAL_FACES, ANOTHER_FACE = "look_alike", "multiple_faces", "another_face"
UNDECIDED_CODES = (LOOK_ALIKE, SEVERAL_FACES, ANOTHER_FACE)
"""Codes of rows whose photo waits for somebody's decision; every list says so in place of ready or refused."""


class ImportRow(models.Model):
    """One picture of an import, with its verdict. At most 16 rows of all imports are with the worker at a time."""

    class State(models.TextChoices):
        """waiting -> fed -> ready | refused; or skipped, because nothing had to be done."""

        WAITING = "waiting"
        FED = "fed"
        READY = "ready"
        REFUSED = "refused"
        SKIPPED = "skipped"

    batch = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()
    filename = models.CharField(max_length=500, help_text="relative to the import's folder")
    employee_number = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=300, blank=True)
    department = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    code = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict)
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    reference = models.ForeignKey(ReferenceImage, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ("batch", "position")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["batch", "position"], name="one_row_a_position"),
        ]
        indexes: ClassVar = [models.Index(fields=["batch", "state"], name="import_rows_by_state")]

    def __str__(self) -> str:
        return self.filename

    @property
    def is_undecided(self) -> bool:
        """Whether its photo waits for a decision."""
        return self.code in UNDECIDED_CODES
