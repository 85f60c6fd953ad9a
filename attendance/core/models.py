"""Rows that every room shares: users, the site's settings, the audit log."""

from __future__ import annotations

from typing import ClassVar
from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from attendance.core.permissions import Right


class User(AbstractUser):
    """Someone who signs in. Rights come by group, see `core.permissions`; `people.Person.user` says who it is."""

    must_change_password = models.BooleanField(
        default=False, help_text="No page but the change of password opens until this is done."
    )

    class Meta(AbstractUser.Meta):
        permissions = [(right.value, right.label) for right in Right]


def validate_zone(name: str) -> None:
    """Refuse what is not an IANA time zone."""
    if name not in available_timezones():
        raise ValidationError("Not a time zone: %(name)s", params={"name": name})


class SiteSettings(models.Model):
    """What an operator decides about the site; one row, read through `core.site`."""

    organisation = models.CharField(max_length=200, default="Muster")
    site_name = models.CharField(max_length=200, default="Main entrance")
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_zone])
    contact = models.CharField(
        max_length=300, blank=True, help_text="Whom to ask about the pictures; shown at the door."
    )
    evidence_days = models.PositiveSmallIntegerField(
        default=7, validators=[MaxValueValidator(365)], help_text="Days until the picture of an attempt is deleted."
    )
    debounce_seconds = models.PositiveSmallIntegerField(
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(3600)],
        help_text="A second check-in within this time is the same event.",
    )
    guests = models.BooleanField(
        default=True, help_text="Doors of the main site recognize people of other sites too, after their own."
    )

    class Meta:
        verbose_name_plural = "site settings"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(pk=1), name="site_settings_single_row"),
        ]

    def __str__(self) -> str:
        return self.organisation


class AuditEntry(models.Model):
    """Who did what to whom, and when; written through `core.audit`, never changed.

    `sequence`, `previous_hash`, `hash`: the place in the chain, given right after the commit. `actor_number` stays
    when the user is deleted, so that the chain stays whole.
    """

    sequence = models.BigIntegerField(null=True, unique=True, editable=False)
    previous_hash = models.CharField(max_length=64, blank=True, editable=False)
    hash = models.CharField(max_length=64, blank=True, editable=False)
    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_number = models.BigIntegerField(null=True, editable=False)
    action = models.CharField(max_length=64, db_index=True, help_text="room.verb, for example people.deactivate")
    subject = models.CharField(max_length=64, db_index=True, help_text="kind:number, never a name")
    facts = models.JSONField(default=dict)

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


class AuditChain(models.Model):
    """Where the chain of audit lines ends; one row, locked while lines are sealed."""

    length = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.length} lines"
