"""Rows of what happens at doors: devices, attempts (kept for days) and check-ins (kept for years)."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from attendance.people.models import DoorGroup, Person, PersonMerge, ReferenceImage, Site
from attendance.recognition.models import Encoder
from timekeeping.values import Direction


class Device(models.Model):
    """A door: a browser paired by a code, known by a revocable token of which only the hash is kept.

    `searches`: whom it searches first; of a site (None: the main one) or of a group. Whether the others may come as
    guests is said by that site or group.
    """

    class Searches(models.TextChoices):
        """Whom a door searches."""

        ALL = "all", "everybody"
        SITE = "site", "the people of a site"
        GROUP = "group", "the people of a door group"

    name = models.CharField(max_length=200, unique=True)
    token_hash = models.CharField(max_length=64, unique=True, null=True, blank=True)
    created_at = models.DateTimeField()
    paired_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    searches = models.CharField(max_length=5, choices=Searches, default=Searches.ALL)
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.PROTECT, related_name="doors")
    group = models.ForeignKey(DoorGroup, null=True, blank=True, on_delete=models.PROTECT, related_name="doors")

    class Meta:
        ordering = ("name",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=(models.Q(searches="site") | models.Q(site=None))
                & (
                    models.Q(searches="group", group__isnull=False)
                    | (~models.Q(searches="group") & models.Q(group=None))
                ),
                name="door_searches_what_it_names",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PairingCode(models.Model):
    """A short code that turns a browser into a door device once; lives 10 minutes and five tries."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="pairing_codes")
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries_left = models.PositiveSmallIntegerField(default=5)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"pairing code {self.pk} for device {self.device_id}"


class Attempt(models.Model):
    """One try to be recognized: the decision with everything that explains it. Deleted by age, not by hand."""

    class Channel(models.TextChoices):
        """By which way the picture or the number came."""

        KIOSK = "kiosk"
        WEBCAM = "webcam"
        UPLOAD = "upload"
        COMMAND = "command"

    class Method(models.TextChoices):
        """What was asked: who is this (1:N), is this the one (1:1), or number and PIN."""

        IDENTIFY = "identify"
        VERIFY = "verify"
        PIN = "pin"

    class Answer(models.TextChoices):
        """The policy's three answers, and refused where no comparison took place."""

        MATCHED = "matched"
        AMBIGUOUS = "ambiguous"
        UNKNOWN = "unknown"
        REFUSED = "refused"

    at = models.DateTimeField(db_index=True)
    channel = models.CharField(max_length=8, choices=Channel)
    method = models.CharField(max_length=8, choices=Method)
    device = models.ForeignKey(Device, null=True, blank=True, on_delete=models.SET_NULL, related_name="attempts")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    answer = models.CharField(max_length=9, choices=Answer, db_index=True)
    code = models.CharField(max_length=40, blank=True, help_text="why it was refused")
    weakness = models.CharField(max_length=24, blank=True, help_text="why somebody should look at a match")
    facts = models.JSONField(default=dict)
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="attempts")
    reference = models.ForeignKey(ReferenceImage, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    distance = models.FloatField(null=True, blank=True)
    threshold = models.FloatField(null=True, blank=True)
    runner_up = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    runner_up_distance = models.FloatField(null=True, blank=True)
    comparisons = models.PositiveIntegerField(default=0, help_text="references searched")
    target_false_accept = models.FloatField(null=True, blank=True)
    encoder = models.ForeignKey(Encoder, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    gallery_sequence = models.BigIntegerField(null=True, blank=True)
    quality = models.JSONField(default=dict)
    aligned = models.BinaryField(null=True, help_text="JPEG of the face as the encoder saw it; deleted with evidence")
    evidence = models.FileField(upload_to="evidence/", max_length=200, blank=True)
    evidence_deleted_at = models.DateTimeField(null=True, blank=True)
    duration_milliseconds = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ("-at", "-pk")
        indexes: ClassVar = [
            models.Index(fields=["at"], condition=~models.Q(weakness=""), name="weak_attempts"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.pk}: {self.answer}"


class Replay(models.Model):
    """What another encoder, or another threshold, would have decided about the face of an attempt.

    Of the trial in the shadow (`asked_by` null, `is_shadow`), or asked for on the attempt's page. Nothing follows from
    it. It sees the aligned face that was kept, which is that of the leading frame. Without `finished_at` it waits for
    the worker. It goes with its attempt, and is emptied with the attempt's evidence.
    """

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="replays")
    encoder = models.ForeignKey(Encoder, on_delete=models.CASCADE, related_name="+")
    target_false_accept = models.FloatField()
    is_shadow = models.BooleanField(default=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=9, choices=Attempt.Answer, blank=True)
    code = models.CharField(max_length=40, blank=True)
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    distance = models.FloatField(null=True, blank=True)
    threshold = models.FloatField(null=True, blank=True)
    runner_up_distance = models.FloatField(null=True, blank=True)
    comparisons = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-asked_at", "-pk")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["attempt", "encoder"], condition=models.Q(is_shadow=True), name="one_shadow_replay"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["asked_at"], condition=models.Q(finished_at=None), name="replays_to_do"),
        ]

    def __str__(self) -> str:
        return f"replay of attempt {self.attempt_id}: {self.answer or 'waiting'}"


DIRECTIONS = [(direction.value, direction.value.title()) for direction in Direction]


class CheckIn(models.Model):
    """A person was here at this instant, going in or out. Never edited: a mistake is voided, with its reason.

    `person` is another record of the same person where two were merged (`CheckInMove`).
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="check_ins")
    at = models.DateTimeField()
    direction = models.CharField(max_length=3, choices=DIRECTIONS)
    attempt = models.ForeignKey(Attempt, null=True, blank=True, on_delete=models.SET_NULL, related_name="check_ins")
    device = models.ForeignKey(Device, null=True, blank=True, on_delete=models.SET_NULL, related_name="check_ins")
    channel = models.CharField(max_length=8, choices=Attempt.Channel)
    method = models.CharField(max_length=8, choices=Attempt.Method)
    time_zone = models.CharField(max_length=64, default="UTC", help_text="zone of the site at that instant")
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=40, blank=True, help_text="not_me, other_direction, ...")
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replaced_by")

    class Meta:
        ordering = ("-at", "-pk")
        indexes: ClassVar = [
            models.Index(fields=["person", "at"], name="check_ins_of_a_person"),
            models.Index(fields=["at"], name="check_ins_by_time"),
        ]

    def __str__(self) -> str:
        return f"person {self.person_id} {self.direction} {self.at:%Y-%m-%d %H:%M}"


class CheckInMove(models.Model):
    """A check-in counts for another record of the same person from then on; append-only.

    `CheckIn.person` repeats the newest one; `before`: whose it was.
    """

    check_in = models.ForeignKey(CheckIn, on_delete=models.PROTECT, related_name="moves")
    before = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    merge = models.ForeignKey(PersonMerge, on_delete=models.PROTECT, related_name="moves")
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"check-in {self.check_in_id}: person {self.before_id} to {self.person_id}"


class PinThrottle(models.Model):
    """How many wrong PINs in a row, per employee number and place; five, then a wait."""

    key = models.CharField(max_length=200, unique=True, help_text="hash of number and device, so that no number leaks")
    failures = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.failures} failures"
