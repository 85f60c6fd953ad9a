"""The state of one person's photo, and its quality figures."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from django.db.models import Q

from attendance.enrolment import replacing
from attendance.enrolment.models import SEVERAL_FACES
from attendance.people.models import Person, ReferenceImage
from attendance.recognition import in_use, lookalikes
from attendance.recognition.models import ReferenceEmbedding


@dataclass(frozen=True, slots=True)
class Proposed:
    """A photo that waits to replace the present one, and what was made of it."""

    photo: ReferenceImage
    embedding: ReferenceEmbedding | None

    @property
    def is_pending(self) -> bool:
        """Whether the worker's word is still awaited."""
        return self.embedding is None or self.embedding.status == ReferenceEmbedding.Status.PENDING

    @property
    def shows_another_face(self) -> bool:
        """Whether somebody has to say that it is the same person all the same."""
        return self.embedding is not None and self.embedding.status == ReferenceEmbedding.Status.READY


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The present photo, and what the newest encoder made of it; `embedding` is None until the worker knows of it.

    `undecided`: the rows that look alike and wait for a decision; of this photo, or of others that look like it.
    `restorable`: the photo that this one replaced, while it can be brought back.
    """

    @property
    def is_awaited(self) -> bool:
        """Whether the worker's word about any photo is still awaited."""
        return self.is_pending or (self.proposed is not None and self.proposed.is_pending)

    photo: ReferenceImage
    embedding: ReferenceEmbedding | None
    undecided: tuple[ReferenceEmbedding, ...] = ()
    proposed: Proposed | None = None
    restorable: ReferenceImage | None = None

    @property
    def is_pending(self) -> bool:
        """Whether the worker's word is still awaited."""
        return self.embedding is None or self.embedding.status == ReferenceEmbedding.Status.PENDING

    @property
    def is_ready(self) -> bool:
        """Whether the person is recognized by it, without a question that waits."""
        return self._is(ReferenceEmbedding.Status.READY) and not self.is_undecided

    @property
    def is_undecided(self) -> bool:
        """Whether somebody has to decide: which face it is, whether it is somebody else's, or about another photo."""
        if self.photo_of_several is not None:
            return True
        waits = self.proposed is not None and not self.proposed.is_pending
        return self._is(ReferenceEmbedding.Status.READY) and (waits or bool(self.undecided))

    @property
    def is_refused(self) -> bool:
        """Whether another photo is needed."""
        return self._is(ReferenceEmbedding.Status.REFUSED) and not self.is_undecided

    @property
    def photo_of_several(self) -> ReferenceImage | None:
        """The photo with several faces that waits for somebody to say which one is meant: the new one, or this."""
        for each in (self.proposed, self):
            row = each.embedding if each is not None else None
            if each is not None and row is not None and row.code == SEVERAL_FACES:
                return each.photo
        return None

    def _is(self, status: str) -> bool:
        return self.embedding is not None and self.embedding.status == status


def current(person: Person) -> Enrolled | None:
    """Return the present photo of a person and how it stands; loads no network."""
    photo = ReferenceImage.objects.present().filter(person=person).first()
    if photo is None:
        return None
    undecided = lookalikes.undecided().filter(Q(reference=photo) | Q(look_alike=photo)) if person.is_active else None
    return Enrolled(
        photo=photo,
        embedding=_newest(photo),
        undecided=tuple(undecided.select_related("reference__person", "look_alike__person")) if undecided else (),
        proposed=_proposed(person),
        restorable=replacing.restorable(person),
    )


def _newest(photo: ReferenceImage) -> ReferenceEmbedding | None:
    return ReferenceEmbedding.objects.filter(reference=photo).order_by(*in_use.first()).first()


def _proposed(person: Person) -> Proposed | None:
    photo = replacing.proposed(person)
    return Proposed(photo, _newest(photo)) if photo is not None else None


class Passed(enum.Enum):
    """What is known of one check."""

    YES = "yes"
    NO = "no"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class Check:
    """One of the five plain checks; `measured` in words, empty where nothing was measured."""

    name: str
    passed: Passed
    measured: str = ""


FAILED_BY = {
    "face_not_found": "Single face",
    "multiple_faces": "Single face",
    "face_too_small": "Size",
    "face_cut_off": "Pose",
    "extreme_pose": "Pose",
    "too_blurred": "Sharpness",
    "too_dark": "Light",
    "too_bright": "Light",
}
"""Code of a refusal -> the check that it fails."""
NAMES = ("Size", "Sharpness", "Light", "Pose", "Single face")


def checks(embedding: ReferenceEmbedding) -> list[Check]:
    """Return the five checks: all passed for a ready photo, the one that failed for a refused one."""
    if embedding.status == ReferenceEmbedding.Status.READY:
        measured = _measured(embedding.quality)
        return [Check(name, Passed.YES, measured.get(name, "")) for name in NAMES]
    failed = FAILED_BY.get(embedding.code)
    return [Check(name, Passed.NO if name == failed else Passed.NOT_JUDGED) for name in NAMES]


def _measured(quality: dict[str, float]) -> dict[str, str]:
    """Write the measurements as people read them."""
    figures: dict[str, str] = {}
    if "size_pixels" in quality:
        figures["Size"] = f"{quality['size_pixels']:.0f} pixels wide"
    if "yaw_degrees" in quality and "pitch_degrees" in quality:
        turned = max(abs(quality["yaw_degrees"]), abs(quality["pitch_degrees"]))
        figures["Pose"] = f"turned {turned:.0f}°"
    if "brightness" in quality and "contrast" in quality:
        figures["Light"] = f"contrast {quality['contrast']:.2f}"
    if "sharpness" in quality:
        figures["Sharpness"] = f"{quality['sharpness']:.2f}"
    return figures
