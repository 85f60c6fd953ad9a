"""Encoders, embeddings and the gallery's log in the admin, read-only; vectors are never shown."""

from __future__ import annotations

from django.contrib import admin

from attendance.admin.guards import ReadOnly
from attendance.recognition.models import (
    Encoder,
    GalleryChange,
    GalleryCounter,
    LocalCalibration,
    LookAlikePair,
    MatchSettings,
    ReferenceEmbedding,
)


@admin.register(Encoder)
class EncoderAdmin(ReadOnly[Encoder]):
    """Networks that were used."""

    list_display = ("name", "registered_at")


@admin.register(ReferenceEmbedding)
class ReferenceEmbeddingAdmin(ReadOnly[ReferenceEmbedding]):
    """What each encoder made of each photo."""

    list_display = ("pk", "reference", "encoder", "status", "code", "look_alike_verdict", "finished_at")
    list_filter = ("status", "code", "encoder", "look_alike_verdict")
    list_select_related = ("reference", "encoder")
    exclude = ("vector", "aligned")


@admin.register(GalleryChange)
class GalleryChangeAdmin(ReadOnly[GalleryChange]):
    """The append-only log."""

    list_display = ("sequence", "operation", "reference", "subject", "encoder", "at")
    list_filter = ("operation", "encoder")
    list_select_related = ("encoder",)


@admin.register(LookAlikePair)
class LookAlikePairAdmin(ReadOnly[LookAlikePair]):
    """Recorded on the page of a person, where they can be taken apart too."""

    list_display = ("pk", "first", "second", "found_at")
    list_select_related = ("first", "second")


@admin.register(GalleryCounter)
class GalleryCounterAdmin(ReadOnly[GalleryCounter]):
    """The number given out last."""

    list_display = ("pk", "value")


@admin.register(LocalCalibration)
class LocalCalibrationAdmin(ReadOnly[LocalCalibration]):
    """Computed by the worker; the newest of an encoder decides."""

    list_display = ("pk", "computed_at", "encoder", "people", "pairs", "difference", "standard_error", "move")
    list_select_related = ("encoder",)


@admin.register(MatchSettings)
class MatchSettingsAdmin(ReadOnly[MatchSettings]):
    """Set on the settings page, which says what a change means."""

    list_display = ("pk", "encoder", "target_false_accept", "use_local_calibration")
