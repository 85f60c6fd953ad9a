"""Identifies faces in frames, one to many or one to one; the answer is a value, nothing is written.

Several frames of one look are one question: those that will do are averaged, the better ones with more weight, and
must all show one person (else refused with `frames_differ`); the threshold follows how alike they are. A picture that
will not do is an answer (`refused`, with the code of the frame that came furthest); only something broken raises.

A door searches its own people first and guests after them, see `areas` and `verifier.policy.DividedPolicy`.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from attendance.core.errors import Fact, Refusal
from attendance.people.models import Person, ReferenceImage
from attendance.recognition import changes, engine, gallery, pairs, probes, settings, vectors, weakness
from attendance.recognition.areas import EVERYBODY, Area
from attendance.recognition.models import Encoder
from attendance.recognition.probes import Probe
from attendance.recognition.settings import Matching
from verifier import distance, policy
from verifier.gallery import DividedGallery
from verifier.policy import DividedPolicy, Searched
from verifier.values import Decision, FloatArray, Neighbour, Outcome

LOOK_ALIKE_PAIR = "look_alike_pair"
"""Reason of a doubt: the person matched has a look-alike."""

GUEST = policy.GUEST
"""Further reason of a match or a doubt: the nearest face is not one of the door's own people."""

GUEST_GIVES_NUMBER = policy.GUEST_GIVES_NUMBER
"""Reason of an unknown answer: it may be a guest, of whom there are too many to be found by the face alone."""

HINDRANCE = "hindrance"
"""Fact of an answer "unknown": backlight or eyes_covered, for a hint and nothing else."""

BY_ENCODER = "encoder"
"""The table that came with the encoder decided;"""

BY_OWN_PEOPLE = "own"
"""or the one computed of the people who are enrolled, at the time `calibrated_at`."""

NEIGHBOURS = 8
"""People fetched: the nearest, the runner-up, and some to spare for rows that changed since the search."""


@dataclass(frozen=True, slots=True)
class Identification:
    """The decision with everything that explains it.

    `answer`: matched, ambiguous, unknown or refused; `person` is set when matched, and when verified one to one.
    `code` and `facts` say why a picture was refused, or how the policy reasoned. `reference_id` is the nearest
    photo, whoever's it is. `quality` is that of the leading frame. `weakness`: why somebody should look at a match.
    """

    answer: str
    person: Person | None = None
    reference_id: int | None = None
    distance: float | None = None
    threshold: float | None = None
    runner_up: Person | None = None
    runner_up_distance: float | None = None
    comparisons: int = 0
    target_false_accept: float | None = None
    encoder: Encoder | None = None
    gallery_sequence: int | None = None
    code: str = ""
    weakness: str = ""
    facts: dict[str, Fact] = field(default_factory=dict)
    quality: dict[str, float] = field(default_factory=dict)
    aligned_jpeg: bytes | None = None
    evidence_jpeg: bytes | None = None
    duration_milliseconds: float = 0.0


def identify(frames: Sequence[bytes], *, area: Area = EVERYBODY) -> Identification:
    """Search everybody, or those whom a door searches; raises Fault only. An empty gallery answers unknown."""
    return _timed(frames, lambda probe: _search(probe, area))


def verify(frames: Sequence[bytes], *, person: Person) -> Identification:
    """Compare with this person's own current photo: one comparison, so its threshold is the most lenient one.

    No other person is ever named. Refused with `person_inactive` or `not_enrolled` where nothing can be compared.
    """
    return _timed(frames, lambda probe: _compare(probe, person), person=person)


def verify_guest(frames: Sequence[bytes], *, person: Person) -> Identification:
    """Do the same for a guest who gave a number: with the part of the promise that is kept for that, a fiftieth."""
    return _timed(frames, lambda probe: _compare(probe, person, is_guest=True), person=person)


def _timed(
    frames: Sequence[bytes], look: Callable[[Probe], Identification], *, person: Person | None = None
) -> Identification:
    started = time.perf_counter()
    try:
        if person is not None:
            _assure_comparable(person)
        found = look(probes.read(frames[: probes.MOST_FRAMES]))
    except probes.NoneUsable as none:
        found = Identification(
            answer="refused",
            code=none.code,
            facts=none.facts,
            evidence_jpeg=none.evidence_jpeg,
            encoder=engine.active_encoder(),
        )
    except Refusal as refusal:
        found = Identification(answer="refused", code=refusal.code, facts=refusal.facts)
    return dataclasses.replace(found, duration_milliseconds=(time.perf_counter() - started) * 1000)


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """A decision about one embedding.

    `people`: by reference, of those that may be matched. `matching`: the table that decided, and its time. `own`,
    `guests`: references searched of a door's own people, and of the others.
    """

    decision: Decision
    people: dict[int, Person]
    matching: Matching
    sequence: int
    own: int
    guests: int


def decide(
    vector: FloatArray,
    *,
    encoder: Encoder,
    area: Area = EVERYBODY,
    mean_length: float = 1.0,
    target_false_accept: float | None = None,
) -> Decided:
    """Search an encoder's gallery, then ask the rows whether what was found may still be matched.

    `mean_length`: of the frames' mean, see `Probe`. The target is that of the operator unless it is given.
    """
    kept = gallery.in_step(encoder)
    with engine.mapped_errors():
        own, others = _parts(kept.gallery, vector, area)
    rows = _matchable([*(own.neighbours or ()), *((others and others.neighbours) or ())])
    with engine.mapped_errors():
        matching = settings.matching(encoder, target_false_accept=target_false_accept)
        decision = DividedPolicy(matching.policy).decide(
            _current(own, rows), others=_current(others, rows) if others else None, mean_length=mean_length
        )
    return Decided(
        decision=_doubting_look_alikes(decision),
        people=rows,
        matching=matching,
        sequence=kept.mark.sequence,
        own=own.comparisons,
        guests=others.comparisons if others else 0,
    )


def _search(probe: Probe, area: Area) -> Identification:
    found = decide(probe.vector, encoder=probe.encoder, area=area, mean_length=probe.mean_length)
    answer = _identification(
        probe, found.decision, people=found.people, matching=found.matching, sequence=found.sequence
    )
    if area.label is None:
        return answer
    searched: dict[str, Fact] = {"own_references": found.own, "guest_references": found.guests}
    return dataclasses.replace(answer, facts={**answer.facts, **searched})


def _parts(held: DividedGallery, vector: FloatArray, area: Area) -> tuple[Searched, Searched | None]:
    """Search a door's own people, and the others where they may come and are not too many."""
    if area.label is None:
        return Searched(held.search_subjects(vector, most=NEIGHBOURS), len(held)), None
    own = Searched(held.search_subjects(vector, most=NEIGHBOURS, label=area.label), held.count(label=area.label))
    if not area.guests:
        return own, None
    count = held.count(label=area.label, outside=True)
    if count > policy.MOST_GUESTS:
        return own, Searched(None, count)
    return own, Searched(held.search_subjects(vector, most=NEIGHBOURS, label=area.label, outside=True), count)


def _matchable(neighbours: list[Neighbour]) -> dict[int, Person]:
    """Return the people, by reference, of those rows that may still be matched."""
    return {
        reference.pk: reference.person
        for reference in ReferenceImage.objects.filter(
            pk__in=[neighbour.reference for neighbour in neighbours],
            withdrawn_at=None,
            proposed_at=None,
            person__deactivated_at=None,
            person__erased_at=None,
        ).select_related("person__department")
    }


def _current(part: Searched, rows: dict[int, Person]) -> Searched:
    """Return the part without what changed since it was searched."""
    if part.neighbours is None:
        return part
    return Searched([neighbour for neighbour in part.neighbours if neighbour.reference in rows], part.comparisons)


def _doubting_look_alikes(decision: Decision) -> Decision:
    """Turn a match of somebody who has a look-alike into a doubt: the face alone says only that it is one of them."""
    if decision.subject is None or not pairs.partners(decision.subject):
        return decision
    return dataclasses.replace(decision, outcome=Outcome.AMBIGUOUS, reasons=(LOOK_ALIKE_PAIR, *decision.reasons))


def _assure_comparable(person: Person) -> None:
    """Refuse before any frame is read; asks the row, not the value that the caller may hold since a while."""
    if not Person.objects.filter(pk=person.pk, deactivated_at=None, erased_at=None).exists():
        raise Refusal("person_inactive")


def _compare(probe: Probe, person: Person, *, is_guest: bool = False) -> Identification:
    row = (
        changes.searchable()
        .filter(encoder=probe.encoder, reference__person_id=person.pk)
        .select_related("reference__person__department")
        .first()
    )
    if row is None or row.vector is None:
        raise Refusal("not_enrolled")
    far = float(distance.between(probe.vector, vectors.unpack(row.vector)[np.newaxis])[0])
    neighbour = Neighbour(reference=row.reference_id, subject=person.pk, distance=far)
    with engine.mapped_errors():
        matching = settings.matching(probe.encoder)
        policy_here = DividedPolicy(matching.policy).guest_by_number() if is_guest else matching.policy
        decision = policy_here.decide([neighbour], comparisons=1, mean_length=probe.mean_length)
    people = {row.reference_id: row.reference.person}
    sequence = changes.newest().sequence
    return _identification(probe, decision, people=people, matching=matching, sequence=sequence)


def _identification(
    probe: Probe, decision: Decision, *, people: dict[int, Person], matching: Matching, sequence: int
) -> Identification:
    nearest, runner_up = decision.nearest, decision.runner_up
    matched = decision.outcome is Outcome.MATCHED and nearest is not None
    return Identification(
        answer=decision.outcome.value,
        person=people[nearest.reference] if matched and nearest else None,
        reference_id=nearest.reference if nearest else None,
        distance=nearest.distance if nearest else None,
        threshold=decision.threshold,
        runner_up=people[runner_up.reference] if runner_up else None,
        runner_up_distance=runner_up.distance if runner_up else None,
        comparisons=decision.comparisons,
        target_false_accept=decision.target_false_accept,
        encoder=probe.encoder,
        gallery_sequence=sequence,
        code=decision.reasons[0] if decision.reasons else "",
        weakness=weakness.find(decision, calibration=matching.policy.calibration),
        facts=_facts(probe, decision) | _calibration_facts(matching),
        quality=engine.quality_values(probe.seen.quality),
        aligned_jpeg=probe.aligned_jpeg,
        evidence_jpeg=probe.evidence_jpeg,
    )


def _facts(probe: Probe, decision: Decision) -> dict[str, Fact]:
    """Return what explains the decision, and what hinders somebody who was not known."""
    facts: dict[str, Fact] = {
        "reasons": ", ".join(decision.reasons),
        "frames": probe.frames,
        "frames_used": probe.frames_used,
        "mean_length": round(probe.mean_length, 4),
    }
    hindrance = engine.hindrance(probe.picture, probe.seen) if decision.outcome is Outcome.UNKNOWN else None
    return facts if hindrance is None else {**facts, HINDRANCE: hindrance}


def _calibration_facts(matching: Matching) -> dict[str, Fact]:
    """Say whose table decided; the row itself may be gone when the attempt is read, its time stays."""
    if matching.calibrated_at is None:
        return {"calibration": BY_ENCODER}
    return {"calibration": BY_OWN_PEOPLE, "calibrated_at": matching.calibrated_at.isoformat()}
