"""Embeds pending photos: each becomes searchable, or is refused with a reason.

The worker reads, computes outside of any transaction and commits once for a whole batch. Every step may be cut off by
kill -9: a row is pending until its vector and its line in the log are committed together, whoever comes second finds
it done, and what the broker has lost is sent again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from attendance.core import audit, clock, queue
from attendance.core.errors import Fact, Fault, Refusal
from attendance.core.models import User
from attendance.enrolment import choosing, photos, replacing, verdicts
from attendance.enrolment.models import ANOTHER_FACE, SEVERAL_FACES
from attendance.people.models import Person, ReferenceImage
from attendance.recognition import changes, encoders, engine, lookalikes, pairs, vectors
from attendance.recognition.lookalikes import Newcomer
from attendance.recognition.models import Encoder, ReferenceEmbedding

STALE_AFTER = dt.timedelta(seconds=60)
"""Pending for longer than this without a message: send one. A message waits for a second at most."""

LEASE = dt.timedelta(seconds=20)
"""So long a row belongs to the worker that took it up; reading one photo takes a tenth of a second."""

MOST_TRIES = 5
"""A photo that was taken up so often and never finished kills its worker; it is refused."""

MOST_AT_A_TIME = 16
"""Photos committed together."""

MOST_REQUEUED = 64

Status = ReferenceEmbedding.Status


@dataclass(frozen=True, slots=True)
class Result:
    """What was made of one photo: the bytes of a vector, or a code; `place`: of the face that an import took."""

    embedding: ReferenceEmbedding
    vector: bytes | None = None
    aligned: bytes | None = None
    quality: dict[str, float] = field(default_factory=dict)
    code: str = ""
    facts: dict[str, Fact] = field(default_factory=dict)
    place: choosing.Place | None = None


def embed(embedding_id: int) -> None:
    """Bring one row to ready or refused; raises Fault when something is broken, and the row stays pending."""
    embed_all([embedding_id])


def embed_all(embedding_ids: Sequence[int]) -> int:
    """Bring rows to ready or refused, with one commit for every 16; return how many.

    Those that are done, or taken by another worker, are left alone.
    """
    owners = dict(ReferenceEmbedding.objects.filter(pk__in=embedding_ids).values_list("pk", "encoder"))
    finished = 0
    for encoder in encoders.kept():
        own = [number for number in embedding_ids if owners.get(number) == encoder.pk]
        for start in range(0, len(own), MOST_AT_A_TIME):
            finished += _embed(own[start : start + MOST_AT_A_TIME], encoder)
    return finished


def _embed(embedding_ids: Sequence[int], encoder: Encoder) -> int:
    claimed = [row for number in embedding_ids if (row := _claim(number, encoder))]
    results: list[Result] = []
    try:
        results.extend(_computed(row) for row in claimed)
    except Fault as fault:
        _release(claimed, forgiven=fault.code != "invalid_embedding")
        raise
    if results:
        _commit(results, encoder)
    return len(results)


def _claim(embedding_id: int, encoder: Encoder) -> ReferenceEmbedding | None:
    """Take the row up, unless it is done or another worker has it; the row count of one UPDATE decides."""
    now = clock.now()
    claimed = (
        ReferenceEmbedding.objects.filter(pk=embedding_id, status=Status.PENDING, encoder=encoder)
        .filter(Q(started_at=None) | Q(started_at__lt=now - LEASE))
        .update(started_at=now, tries=F("tries") + 1)
    )
    if not claimed:
        return None
    return ReferenceEmbedding.objects.select_related("reference", "encoder").filter(pk=embedding_id).first()


def _release(claimed: list[ReferenceEmbedding], *, forgiven: bool) -> None:
    """Give rows back after a Fault; the try counts only where the picture may have done it."""
    ReferenceEmbedding.objects.filter(pk__in=[row.pk for row in claimed], status=Status.PENDING).update(
        started_at=None, tries=F("tries") - 1 if forgiven else F("tries")
    )


def _computed(row: ReferenceEmbedding) -> Result:
    """Read the photo; a Refusal is a result."""
    if row.tries > MOST_TRIES:
        return Result(row, code="processing_failed", facts={"tries": row.tries - 1})
    known = _known(row)
    if known is not None:
        return known
    try:
        data = photos.read(row.reference)
    except FileNotFoundError:
        return Result(row, code="photo_missing")
    except OSError as error:
        raise Fault("photo_unreadable", reason=type(error).__name__) from error
    return _read(row, data, place=choosing.place_of(row.reference))


def _read(row: ReferenceEmbedding, data: bytes, *, place: choosing.Place | None) -> Result:
    """Read the one face, the chosen one of several, or the clear main one of a photo that came with an import."""
    try:
        recognition = engine.embed_reference(data, place=place, encoder=row.encoder)
    except Refusal as refusal:
        is_open = refusal.code == SEVERAL_FACES and place is None and choosing.is_of_import(row.reference)
        if is_open and (main := choosing.clear_main(data)) is not None:
            return _read(row, data, place=main)
        return Result(row, code=refusal.code, facts=refusal.facts)
    return Result(
        row,
        vector=vectors.pack(recognition.embedding.vector),
        aligned=engine.jpeg(recognition.crop),
        quality=engine.quality_values(recognition.quality),
        place=place,
    )


def _known(row: ReferenceEmbedding) -> Result | None:
    """Return what this encoder made of the same face of the very same bytes before; a file's name never counts.

    That there are several faces is asked anew: for an import the main one may do.
    """
    same = {name: getattr(row.reference, name) for name in ("sha256", "face_x", "face_y")}
    twin = (
        ReferenceEmbedding.objects.filter(
            encoder_id=row.encoder_id, **{f"reference__{name}": value for name, value in same.items()}
        )
        .filter(status__in=(Status.READY, Status.REFUSED))
        .exclude(code__in=("processing_failed", "photo_missing", SEVERAL_FACES))
        .first()
    )
    if twin is None:
        return None
    kept: dict[str, Any] = {
        name: None if (value := getattr(twin, name)) is None else bytes(value) for name in ("vector", "aligned")
    }
    return Result(
        row, quality=twin.quality, code=twin.code if twin.status == Status.REFUSED else "", facts=twin.facts, **kept
    )


def _commit(results: list[Result], encoder: Encoder) -> None:
    """Write all results in one short transaction, the lines of the log last."""
    newcomers = [
        Newcomer(
            reference=result.embedding.reference_id,
            subject=result.embedding.reference.person_id,
            vector=vectors.unpack(result.vector),
        )
        for result in results
        if result.vector is not None
    ]
    before = lookalikes.search(newcomers, encoder=encoder)
    with transaction.atomic():
        people = {
            person.pk: person
            for person in Person.objects.select_for_update(no_key=True)
            .filter(pk__in={result.embedding.reference.person_id for result in results})
            .order_by("pk")
        }
        written = [row for result in results if (row := _written(result, people))]
        sequence = changes.lock()
        found = (
            before.found if sequence == before.sequence else lookalikes.search_later(before, newcomers, encoder=encoder)
        )
        _warn(written, found)
        lines = [line for row in written for line in _replaced(row, encoder)]
        added = [(changes.Operation.ADD, row) for row in written if changes.is_searchable(row)]
        changes.append_all([*lines, *added])


def _written(result: Result, people: dict[int, Person]) -> ReferenceEmbedding | None:
    """Write one result; None when the row was withdrawn, erased or finished meanwhile."""
    done = ReferenceEmbedding.objects.filter(pk=result.embedding.pk, status=Status.PENDING).update(
        status=Status.REFUSED if result.code else Status.READY,
        vector=result.vector,
        aligned=result.aligned,
        quality=result.quality,
        code=result.code,
        facts=result.facts,
        finished_at=clock.now(),
    )
    if not done:
        return None
    if result.place is not None:
        x, y = result.place
        ReferenceImage.objects.filter(pk=result.embedding.reference_id).update(face_x=x, face_y=y)
    row = ReferenceEmbedding.objects.select_related("reference").get(pk=result.embedding.pk)
    row.reference.person = people[row.reference.person_id]
    return row


def _replaced(row: ReferenceEmbedding, encoder: Encoder) -> list[photos.Line]:
    """Let a proposal of the same face take over; another face, or a photo that will not do, leaves the old one."""
    if row.reference.proposed_at is None or row.reference.withdrawn_at is not None or row.status != Status.READY:
        return []
    if replacing.shows_another_face(row, encoder=encoder):
        ReferenceEmbedding.objects.filter(pk=row.pk).update(code=ANOTHER_FACE)
        return []
    return replacing.take_over(row.reference)


def confirm(reference: ReferenceImage, *, actor: User | None) -> None:
    """Use the proposed photo though it shows another face than the present one; the old one goes."""
    encoder = engine.active_encoder()
    row = ReferenceEmbedding.objects.filter(reference=reference, encoder=encoder, status=Status.READY).first()
    if row is None or row.vector is None:
        raise Refusal("nothing_proposed")
    newcomer = Newcomer(reference.pk, subject=reference.person_id, vector=vectors.unpack(row.vector))
    before = lookalikes.search([newcomer], encoder=encoder)
    with transaction.atomic():
        holder = photos.locked(reference.person)
        waiting = replacing.proposed(holder)
        if waiting != reference:
            raise Refusal("nothing_proposed")
        ReferenceEmbedding.objects.filter(pk=row.pk).update(code="")
        row.reference, waiting.person = waiting, holder
        lines = replacing.take_over(waiting)
        audit.record("enrolment.confirm", actor=actor, subject=f"person:{holder.pk}", photo=waiting.pk)
        changes.lock()
        _warn([row], lookalikes.search_later(before, [newcomer], encoder=encoder))
        verdicts.follow(waiting)
        added = [(changes.Operation.ADD, row)] if changes.is_searchable(row) else []
        changes.append_all([*lines, *added])


def _warn(written: list[ReferenceEmbedding], found: dict[int, lookalikes.LookAlike]) -> None:
    """Note who looks alike, unless people have said before that these two are different."""
    for row in written:
        neighbour = found.get(row.reference_id)
        if neighbour is None or not ReferenceImage.objects.filter(pk=neighbour.reference).exists():
            continue
        verdict = ""
        if pairs.is_known(row.reference.person_id, neighbour.subject):
            verdict = ReferenceEmbedding.LookAlikeVerdict.DIFFERENT
        ReferenceEmbedding.objects.filter(pk=row.pk).update(
            look_alike_id=neighbour.reference, look_alike_distance=neighbour.distance, look_alike_verdict=verdict
        )


def requeue_stale() -> int:
    """Send again what has been pending for a minute without a word; return how many messages went out.

    Claimed row by row with a conditional UPDATE, so that however many ask at once, a row has one message a minute.
    """
    now = clock.now()
    stale = Q(queued_at=None) | Q(queued_at__lt=now - STALE_AFTER)
    waiting = ReferenceEmbedding.objects.filter(stale, status=Status.PENDING, encoder__in=encoders.kept())
    sent = 0
    for number in waiting.order_by("queued_at").values_list("pk", flat=True)[:MOST_REQUEUED]:
        claimed = ReferenceEmbedding.objects.filter(stale, pk=number, status=Status.PENDING).update(queued_at=now)
        if claimed:
            queue.send(photos.TASK, number)
            sent += 1
    return sent


def current(person: Person) -> ReferenceEmbedding | None:
    """Return where the present photo of this person stands with this process's encoder."""
    return (
        ReferenceEmbedding.objects.filter(
            reference__person_id=person.pk,
            reference__withdrawn_at=None,
            reference__proposed_at=None,
            encoder=engine.active_encoder(),
        )
        .select_related("reference", "look_alike__person")
        .first()
    )


def resolve_look_alike(embedding: ReferenceEmbedding, *, verdict: str, actor: User | None) -> None:
    """Keep what a person said about two pictures that look alike.

    One person: the newer photo is withdrawn, so that nobody is found under two names. Two people: both stay, and doors
    ask either of them for number and PIN.
    """
    if verdict not in ReferenceEmbedding.LookAlikeVerdict.values:
        raise Refusal("verdict_invalid")
    with transaction.atomic():
        row = ReferenceEmbedding.objects.select_related("reference__person", "look_alike").get(pk=embedding.pk)
        if row.look_alike is None:
            raise Refusal("no_look_alike")
        _between(row.reference_id, row.look_alike.pk).update(look_alike_verdict=verdict)
        audit.record(
            "enrolment.resolve_look_alike",
            actor=actor,
            subject=f"person:{row.reference.person_id}",
            photo=row.reference_id,
            other_photo=row.look_alike_id,
            verdict=verdict,
        )
        if verdict == ReferenceEmbedding.LookAlikeVerdict.SAME:
            photos.withdraw(row.reference, actor=actor)
            pairs.unsay(row.reference.person_id, row.look_alike.person_id)
        else:
            pairs.record(row.reference.person_id, row.look_alike.person_id)
        verdicts.follow(row.reference)


def _between(one: int, other: int) -> QuerySet[ReferenceEmbedding]:
    """Return what any encoder made of two photos and found alike, whichever of them was the newer."""
    return ReferenceEmbedding.objects.filter(Q(reference=one, look_alike=other) | Q(reference=other, look_alike=one))
