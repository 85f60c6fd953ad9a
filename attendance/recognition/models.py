"""Rows of encoders, embeddings and changes to the gallery."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from attendance.people.models import Person, ReferenceImage


class Encoder(models.Model):
    """A network that turns pictures into embeddings; vectors of two encoders are never compared."""

    name = models.CharField(max_length=120, unique=True, help_text="name of the card, with its checksum")
    card = models.JSONField(default=dict)
    registered_at = models.DateTimeField()

    class Meta:
        ordering = ("-registered_at",)

    def __str__(self) -> str:
        return self.name

    @property
    def is_external(self) -> bool:
        """Whether the network came as an ONNX file of somebody else."""
        return bool(self.card.get("architecture") == "external")


class MatchSettings(models.Model):
    """What an operator decides about matching; one row, read through `recognition.settings` and `encoders`.

    `encoder`: the one in use, null for the one that ships. `previous`: the one before, kept complete so that going
    back takes effect at once. `shadow`: the one that is tried beside it, since `shadow_since`, and decides nothing.
    """

    encoder = models.ForeignKey(Encoder, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    previous = models.ForeignKey(Encoder, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    shadow = models.ForeignKey(Encoder, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    shadow_since = models.DateTimeField(null=True, blank=True)
    target_false_accept = models.FloatField(
        default=0.001,
        validators=[MinValueValidator(1e-6), MaxValueValidator(0.1)],
        help_text="How often a stranger may be let in per attempt: 0.001 is once in a thousand tries.",
    )
    use_local_calibration = models.BooleanField(
        default=True, help_text="Whether the calibration by the organisation's own people decides, where there is one."
    )

    class Meta:
        verbose_name_plural = "match settings"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(pk=1), name="match_settings_single_row"),
        ]

    def __str__(self) -> str:
        return "Match settings"


class LocalCalibration(models.Model):
    """An encoder's table moved to where the references of one gallery lie; the newest row counts, older ones are kept.

    `scope`: whose references were compared, empty for everybody's. `shipped_digest`: of the table that was moved; a row
    for another table counts no longer. `gallery_sequence`: the newest line of the log that it has seen. `difference`:
    how much nearer to one another the people lie than the shipped table says, with its standard error; `move`: by how
    much the table became stricter; `table`: the result. `resembled`: references that far more people resemble than
    usual, each with the number of them.
    """

    encoder = models.ForeignKey(Encoder, on_delete=models.CASCADE, related_name="+")
    scope = models.CharField(max_length=40, blank=True)
    shipped_digest = models.CharField(max_length=64)
    computed_at = models.DateTimeField()
    gallery_sequence = models.BigIntegerField()
    people = models.PositiveIntegerField()
    references = models.PositiveIntegerField()
    pairs = models.BigIntegerField()
    difference = models.FloatField()
    standard_error = models.FloatField()
    weight = models.FloatField()
    move = models.FloatField()
    table = models.JSONField(default=dict)
    resembled = models.JSONField(default=list)

    class Meta:
        ordering = ("-pk",)
        indexes: ClassVar = [models.Index(fields=["encoder", "scope", "-id"], name="newest_local_calibration")]

    def __str__(self) -> str:
        return f"calibration by {self.people} people, stricter by {self.move:.3f}"


class ReferenceEmbedding(models.Model):
    """What one encoder made of one photo: pending, then ready with a vector, or refused with a code.

    `vector`: float32, little-endian, unit length. `queued_at`: when a message was last sent to the worker; claimed
    by a conditional update, so that a row has at most one message a minute. `started_at`: when a worker last took it
    up; `tries`: how often one did, so that a picture that kills its worker is given up. `aligned`: JPEG of the face as
    the encoder saw it. `look_alike`: the photo of another person that lies within the threshold.
    """

    class Status(models.TextChoices):
        """The states; the vector goes with the withdrawal of its photo, the aligned face stays for a few days."""

        PENDING = "pending"
        READY = "ready"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"

    class LookAlikeVerdict(models.TextChoices):
        """What a person said about two pictures that look alike."""

        SAME = "same_person"
        DIFFERENT = "different_people"

    reference = models.ForeignKey(ReferenceImage, on_delete=models.CASCADE, related_name="embeddings")
    encoder = models.ForeignKey(Encoder, on_delete=models.CASCADE, related_name="embeddings")
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    vector = models.BinaryField(null=True)
    code = models.CharField(max_length=40, blank=True)
    facts = models.JSONField(default=dict)
    quality = models.JSONField(default=dict)
    aligned = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    queued_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    look_alike = models.ForeignKey(ReferenceImage, null=True, on_delete=models.SET_NULL, related_name="+")
    look_alike_distance = models.FloatField(null=True)
    look_alike_verdict = models.CharField(max_length=16, choices=LookAlikeVerdict, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reference", "encoder"], name="one_embedding_a_reference_and_encoder"),
            models.CheckConstraint(
                condition=~models.Q(status="ready") | models.Q(vector__isnull=False), name="ready_has_a_vector"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["queued_at"], condition=models.Q(status="pending"), name="pending_embeddings"),
        ]

    def __str__(self) -> str:
        return f"embedding of photo {self.reference_id}: {self.status}"


class LookAlikePair(models.Model):
    """Two people of whom somebody said that they are different, though their faces are within the threshold.

    `first` has the smaller number. It outlives the photos by which it was found, and goes with either person.
    """

    first = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    found_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["first", "second"], name="one_row_a_pair_of_look_alikes"),
            models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="pair_in_order"),
        ]

    def __str__(self) -> str:
        return f"people {self.first_id} and {self.second_id} look alike"


class GalleryCounter(models.Model):
    """The one locked row that hands out sequence numbers: who has seen n has seen everything up to n."""

    value = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.value)


class GalleryChange(models.Model):
    """One line of the append-only log that every process's gallery follows."""

    class Operation(models.TextChoices):
        """What happened to the reference; `doors`: other doors search its person first."""

        ADD = "add"
        REMOVE = "remove"
        DOORS = "doors"

    sequence = models.BigIntegerField(primary_key=True)
    operation = models.CharField(max_length=6, choices=Operation)
    encoder = models.ForeignKey(Encoder, on_delete=models.CASCADE, related_name="+")
    reference = models.BigIntegerField(help_text="number of the photo; no foreign key, so that the line outlives it")
    subject = models.BigIntegerField(help_text="number of the person")
    at = models.DateTimeField()

    class Meta:
        ordering = ("sequence",)

    def __str__(self) -> str:
        return f"{self.sequence} {self.operation} {self.reference}"
