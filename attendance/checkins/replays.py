"""Decides attempts again: by the encoder in the shadow, or by an encoder and a threshold that somebody asks for.

The worker does it, from the aligned face that an attempt keeps for as long as its picture. A row without an end is the
memory of the work: whoever comes next does it, so nothing is lost with a worker or a message.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Case, CharField, Count, F, Q, QuerySet, Value, When

from attendance.checkins import door_areas
from attendance.checkins.models import Attempt, Replay
from attendance.core import audit, clock, queue
from attendance.core.errors import Fault, Refusal
from attendance.core.models import User
from attendance.recognition import encoders, engine, identify, settings
from attendance.recognition.areas import EVERYBODY
from attendance.recognition.models import Encoder

TASK = "attendance.replay_attempts"

MOST_AT_A_TIME = 50
"""Replays of one task; each costs one run of the network, some 5 to 20 ms."""

EVIDENCE_DELETED = "evidence_deleted"


_MATCHED = Attempt.Answer.MATCHED
_IN_USE, _BY_SHADOW = Q(attempt__answer=_MATCHED), Q(answer=_MATCHED)
_SAME = (_IN_USE & _BY_SHADOW & Q(person=F("attempt__person"))) | (~_IN_USE & ~_BY_SHADOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How the encoder in the shadow would have decided, over all attempts since it is tried.

    `same`: the same answer and person. `others`: attempts on which the two differ.
    """

    encoder: Encoder
    since: dt.datetime
    replayed: int
    waiting: int
    same: int
    only_in_use: int
    only_shadow: int
    other_person: int

    @property
    def others(self) -> int:
        """Attempts that the two decide differently."""
        return self.replayed - self.same


def ask(attempt: Attempt, *, encoder_name: str, target_false_accept: float | None, actor: User | None) -> Replay:
    """Ask for one replay; the worker answers within seconds."""
    encoder = encoders.find(encoder_name)
    target = settings.current().target_false_accept if target_false_accept is None else target_false_accept
    settings.assure_target(target)
    if attempt.method != Attempt.Method.IDENTIFY or attempt.aligned is None:
        raise Refusal("nothing_to_replay")
    if engine.card(encoder).calibration is None:
        raise Refusal("encoder_not_calibrated", encoder=encoder.name)
    if encoder not in encoders.kept():
        raise Refusal("encoder_not_tried", encoder=encoder.name)
    row = Replay.objects.create(
        attempt=attempt, encoder=encoder, target_false_accept=target, asked_by=actor, asked_at=clock.now()
    )
    audit.record("attempt.replay", actor=actor, subject=f"attempt:{attempt.pk}", encoder=encoder.pk, target=target)
    queue.after_commit(TASK)
    return row


def work() -> int:
    """Do what waits, what somebody asked for first; then what the shadow has not seen yet. Return how many."""
    waiting = Replay.objects.filter(finished_at=None).select_related("attempt", "encoder")
    done = 0
    for replay in waiting.order_by("asked_at", "pk")[:MOST_AT_A_TIME]:
        _finish(replay)
        done += 1
    return done + _work_in_the_shadow(MOST_AT_A_TIME - done)


def trial() -> Trial | None:
    """Return how the trial in the shadow stands; None without one."""
    present = encoders.shadow()
    if present is None:
        return None
    encoder, since = present
    seen = Replay.objects.filter(is_shadow=True, encoder=encoder, attempt__at__gte=since).exclude(code=EVIDENCE_DELETED)
    kinds = _kinds(seen)
    return Trial(
        encoder=encoder,
        since=since,
        replayed=seen.count(),
        waiting=_unseen(encoder, since).count(),
        same=kinds.get("same", 0),
        only_in_use=kinds.get("only_in_use", 0),
        only_shadow=kinds.get("only_shadow", 0),
        other_person=kinds.get("other_person", 0),
    )


def differing(*, most: int) -> list[Replay]:
    """Return the newest replays of the shadow that differ from what was decided."""
    present = encoders.shadow()
    if present is None:
        return []
    rows = Replay.objects.filter(is_shadow=True, encoder=present[0], attempt__at__gte=present[1])
    found = rows.exclude(code=EVIDENCE_DELETED).exclude(_SAME).select_related("attempt__person", "person")
    return list(found.defer("attempt__aligned")[:most])


def _kinds(seen: QuerySet[Replay]) -> dict[str, int]:
    """Count the replays by how they compare with what was decided."""
    kind = Case(
        When(_SAME, then=Value("same")),
        When(_IN_USE & ~_BY_SHADOW, then=Value("only_in_use")),
        When(~_IN_USE & _BY_SHADOW, then=Value("only_shadow")),
        default=Value("other_person"),
        output_field=CharField(),
    )
    counted = seen.annotate(kind=kind).values("kind").annotate(many=Count("pk")).order_by()
    return {str(row["kind"]): int(row["many"]) for row in counted}


def _unseen(encoder: Encoder, since: dt.datetime) -> QuerySet[Attempt]:
    """Return the attempts since then that the shadow has not decided, and can."""
    seen = Replay.objects.filter(is_shadow=True, encoder=encoder).values("attempt")
    return Attempt.objects.filter(at__gte=since, method=Attempt.Method.IDENTIFY, aligned__isnull=False).exclude(
        pk__in=seen
    )


def _work_in_the_shadow(most: int) -> int:
    present = encoders.shadow()
    if present is None or most <= 0:
        return 0
    encoder, since = present
    target = settings.current().target_false_accept
    attempts = list(_unseen(encoder, since).order_by("at", "pk")[:most])
    for attempt in attempts:
        row, is_new = Replay.objects.get_or_create(
            attempt=attempt,
            encoder=encoder,
            is_shadow=True,
            defaults={"target_false_accept": attempt.target_false_accept or target, "asked_at": clock.now()},
        )
        if is_new or row.finished_at is None:
            _finish(row)
    return len(attempts)


def _finish(replay: Replay) -> None:
    """Decide again and write the answer down."""
    if replay.attempt.aligned is None:
        _write(replay, answer=Attempt.Answer.REFUSED, code=EVIDENCE_DELETED)
        return
    try:
        vector = engine.embed_aligned(bytes(replay.attempt.aligned), encoder=replay.encoder)
    except (Refusal, Fault) as error:  # said once: one that came again and again would hold up all others
        _write(replay, answer=Attempt.Answer.REFUSED, code=error.code)
        return
    device = replay.attempt.device
    found = identify.decide(
        vector,
        encoder=replay.encoder,
        area=EVERYBODY if device is None else door_areas.find_area(device),
        target_false_accept=replay.target_false_accept,
    )
    decision = found.decision
    nearest = decision.nearest
    matched = decision.outcome.value == _MATCHED and nearest is not None
    _write(
        replay,
        answer=decision.outcome.value,
        code=decision.reasons[0] if decision.reasons else "",
        person=found.people[nearest.reference] if matched and nearest else None,
        distance=nearest.distance if nearest else None,
        threshold=decision.threshold,
        runner_up_distance=decision.runner_up.distance if decision.runner_up else None,
        comparisons=decision.comparisons,
    )


def _write(replay: Replay, **values: object) -> None:
    Replay.objects.filter(pk=replay.pk).update(finished_at=clock.now(), **values)
