"""Many people without many photos: rows with drawn vectors, written as the rules write them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from django.db import transaction

from attendance.core import clock
from attendance.people.models import Person, ReferenceImage
from attendance.recognition import changes, engine, vectors
from attendance.recognition.models import ReferenceEmbedding
from verifier.values import FloatArray


def drawn_vectors(count: int, *, seed: int = 0) -> FloatArray:
    """Draw unit vectors (count, 128); any two are about 1.41 apart."""
    drawn = np.random.default_rng(seed).normal(size=(count, 128))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), dtype=np.float32)


def near(vector: FloatArray, *, distance: float, seed: int = 0) -> FloatArray:
    """Draw a unit vector at exactly this distance from another one."""
    other = np.random.default_rng(seed).normal(size=vector.shape)
    other -= (other @ vector) * vector
    other /= np.linalg.norm(other)
    cosine = 1 - distance**2 / 2
    return np.asarray(cosine * vector + np.sqrt(1 - cosine**2) * other, dtype=np.float32)


def enrol(vector: FloatArray, *, number: str, name: str = "") -> Person:
    """Make a person who is ready, with the line in the log."""
    return enrol_all([vector], numbers=[number], names=[name or f"Person {number}"])[0]


def enrol_all(
    drawn: Sequence[FloatArray] | FloatArray, *, numbers: Sequence[str], names: Sequence[str] | None = None
) -> list[Person]:
    """Make people who are ready, committed together."""
    encoder = engine.active_encoder()
    now = clock.now()
    people = []
    with transaction.atomic():
        rows = []
        for place, (vector, number) in enumerate(zip(drawn, numbers, strict=True)):
            name = names[place] if names else f"Person {number}"
            person = Person.objects.create(employee_number=number, name=name, created_at=now)
            reference = ReferenceImage.objects.create(
                person=person, file=f"references/none/{number}", sha256=f"drawn {number}", submitted_at=now
            )
            rows.append(
                ReferenceEmbedding.objects.create(
                    reference=reference,
                    encoder=encoder,
                    status=ReferenceEmbedding.Status.READY,
                    vector=vectors.pack(vector),
                    created_at=now,
                    finished_at=now,
                )
            )
            people.append(person)
        changes.append_all((changes.Operation.ADD, row) for row in rows)
    return people
