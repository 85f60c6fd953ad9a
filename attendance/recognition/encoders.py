"""Choice of the encoder in use, and the trial of another one beside it.

Another encoder is tried in the shadow: every photo is embedded by it too, what was seen at doors is decided again by it
(`replay`), and nobody at a door notices. Then it is switched to, in one transaction that every process follows with its
next picture; the one before stays complete, so that switching back is as quick.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q

from attendance.core import audit, clock
from attendance.core.errors import Fault, Refusal
from attendance.core.models import User
from attendance.people.models import ReferenceImage
from attendance.recognition import changes, engine
from attendance.recognition.models import Encoder, MatchSettings, ReferenceEmbedding

Status = ReferenceEmbedding.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """An encoder that may be used here, and how far the photos of all people have come with it.

    `lost`: photos that it refuses while the one in use recognizes their people.
    """

    encoder: Encoder
    in_use: bool
    in_shadow: bool
    is_previous: bool
    is_calibrated: bool
    ready: int
    refused: int
    missing: int
    lost: int

    @property
    def is_complete(self) -> bool:
        """Whether every photo has been looked at by it."""
        return self.missing == 0


def kept() -> list[Encoder]:
    """Return the encoders by which every photo is embedded: the one in use first, the shadow, the one before."""
    row = _settings()
    found = [engine.active_encoder(), row.shadow, row.previous]
    return list({encoder.pk: encoder for encoder in found if encoder is not None and _is_usable(encoder)}.values())


def states() -> list[State]:
    """Return all that may be used: the one that ships, and those that were added to the folder of models."""
    row = _settings()
    return [_state(encoder, row) for encoder in _available()]


def _available() -> list[Encoder]:
    return [engine.shipped_encoder(), *(engine.registered(card) for card in engine.external_cards())]


def find(name: str) -> Encoder:
    """Return an encoder that may be used; refuses a name that is none of them."""
    for encoder in _available():
        if encoder.name == name:
            return encoder
    raise Refusal("encoder_unknown", encoder=name)


def start_shadow(name: str, *, actor: User | None) -> MatchSettings:
    """Try an encoder beside the one in use, from now on."""
    encoder = find(name)
    if encoder.pk == engine.active_encoder().pk:
        raise Refusal("encoder_in_use", encoder=name)
    _assure_calibrated(encoder)
    with transaction.atomic():
        row = _locked()
        if row.shadow_id != encoder.pk:
            row.shadow, row.shadow_since = encoder, clock.now()
            row.save(update_fields=["shadow", "shadow_since"])
            audit.record("encoder.start_shadow", actor=actor, subject="settings:1", encoder=encoder.pk)
    return row


def stop_shadow(*, actor: User | None) -> None:
    """End the trial; what it decided stays with the attempts."""
    with transaction.atomic():
        row = _locked()
        if row.shadow_id is not None:
            audit.record("encoder.stop_shadow", actor=actor, subject="settings:1", encoder=row.shadow_id)
            row.shadow = row.shadow_since = None
            row.save(update_fields=["shadow", "shadow_since"])


def switch(name: str, *, agreed_lost: int = 0, actor: User | None) -> None:
    """Decide by this encoder from the next picture on, in every process.

    Refused while a photo has not been looked at (`encoder_not_ready`), and where people would no longer be recognized
    (`encoder_loses_photos`), unless exactly so many were agreed to.
    """
    encoder = find(name)
    _assure_calibrated(encoder)
    with transaction.atomic():
        row = _locked()
        changes.lock()  # no photo comes or goes meanwhile
        before = engine.active_encoder()
        if before.pk == encoder.pk:
            return
        state = _state(encoder, row)
        if not state.is_complete:
            raise Refusal("encoder_not_ready", missing=state.missing)
        if state.lost != agreed_lost and state.lost:
            raise Refusal("encoder_loses_photos", photos=state.lost)
        row.previous = before
        row.encoder = encoder if encoder.is_external else None
        if row.shadow_id == encoder.pk:
            row.shadow = row.shadow_since = None
        row.save(update_fields=["previous", "encoder", "shadow", "shadow_since"])
        audit.record("encoder.switch", actor=actor, subject="settings:1", before=before.pk, after=encoder.pk)


def shadow() -> tuple[Encoder, dt.datetime] | None:
    """Return the encoder in the shadow and since when it is tried."""
    row = _settings()
    if row.shadow is None or row.shadow_since is None or not _is_usable(row.shadow):
        return None
    return row.shadow, row.shadow_since


def _settings() -> MatchSettings:
    found = MatchSettings.objects.select_related("encoder", "previous", "shadow").filter(pk=1).first()
    return found or MatchSettings(pk=1)


def _locked() -> MatchSettings:
    MatchSettings.objects.get_or_create(pk=1)
    return MatchSettings.objects.select_for_update().get(pk=1)


def _is_usable(encoder: Encoder) -> bool:
    try:
        return engine.card(encoder).name == encoder.name
    except Fault:
        return False


def _assure_calibrated(encoder: Encoder) -> None:
    if engine.card(encoder).calibration is None:
        raise Refusal("encoder_not_calibrated", encoder=encoder.name)


def _state(encoder: Encoder, row: MatchSettings) -> State:
    in_use = engine.active_encoder()
    present = ReferenceImage.objects.present().filter(person__erased_at=None)
    rows = ReferenceEmbedding.objects.filter(encoder=encoder, reference__in=present)
    done = rows.aggregate(ready=Count("pk", Q(status=Status.READY)), refused=Count("pk", Q(status=Status.REFUSED)))
    ready_now = ReferenceEmbedding.objects.filter(encoder=in_use, status=Status.READY).values("reference")
    return State(
        encoder=encoder,
        in_use=encoder.pk == in_use.pk,
        in_shadow=encoder.pk == row.shadow_id,
        is_previous=encoder.pk == row.previous_id,
        is_calibrated=engine.card(encoder).calibration is not None,
        ready=done["ready"],
        refused=done["refused"],
        missing=present.count() - done["ready"] - done["refused"],
        lost=rows.filter(status=Status.REFUSED, reference__in=ready_now).count(),
    )
