"""Combines several frames of one face into one probe: their mean, the better ones with more weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from attendance.core.errors import Refusal
from attendance.recognition import engine
from attendance.recognition.models import Encoder
from verifier import policy
from verifier.faces import averaging
from verifier.values import FloatArray, Purpose, Recognition, RgbImage

MOST_FRAMES = averaging.MOST_FRAMES
"""Frames of one look that are read."""

EVIDENCE_PIXELS = 320
EVIDENCE_QUALITY = 80

PROGRESS = ("invalid_image", "image_too_large", "face_not_found", "face_too_small", "face_cut_off", "multiple_faces")
"""Codes in the order in which a picture fails; later ones, and those not named, say more about what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """`vector`: float32 (d,), unit length, of the frames that were not refused, which all show one person.

    `mean_length`: of their mean, 1 for a single frame, less the more they differ. `encoder`: whose vector it is.
    `picture`, `seen`: the best frame.
    """

    vector: FloatArray
    mean_length: float
    encoder: Encoder
    picture: RgbImage
    seen: Recognition
    aligned_jpeg: bytes
    evidence_jpeg: bytes
    frames: int
    frames_used: int


class NoneUsable(Refusal):
    """No frame would do; carries what came furthest, with a small picture of it where there is one."""

    def __init__(self, refusal: Refusal, *, evidence_jpeg: bytes | None) -> None:
        super().__init__(refusal.code, **refusal.facts)
        self.evidence_jpeg = evidence_jpeg


def read(frames: Sequence[bytes]) -> Probe:
    """Read the frames; raises NoneUsable when every one is refused or they show two people, Fault when broken.

    Whose look it was cannot be known of frames of two people, so nobody is chosen: they try again, one at a time. The
    encoder in use is asked for once, so that a switch meanwhile does not mix two.
    """
    encoder = engine.active_encoder()
    usable: list[tuple[float, RgbImage, Recognition]] = []
    refusals: list[tuple[Refusal, RgbImage | None]] = []
    for frame in frames:
        picture = None
        try:
            picture = engine.decode(frame)
            recognition = engine.embed_picture(picture, purpose=Purpose.CHECK_IN, encoder=encoder)
        except Refusal as refusal:
            refusals.append((refusal, picture))
        else:
            usable.append((averaging.weight(recognition.face), picture, recognition))
    if not usable:
        raise _furthest(refusals)
    usable.sort(key=lambda item: item[0], reverse=True)  # stable: of equals the earlier frame leads
    _, picture, best = usable[0]
    found = [recognition.embedding.vector for _, _, recognition in usable]
    weights = [weight for weight, _, _ in usable]
    if not policy.show_one_person(found, weights=weights, calibration=engine.calibration(encoder)):
        raise NoneUsable(Refusal("frames_differ", frames=len(found)), evidence_jpeg=evidence(picture))
    mean = averaging.average(found, weights=weights)
    return Probe(
        vector=mean.vector,
        encoder=encoder,
        mean_length=mean.length,
        picture=picture,
        seen=best,
        aligned_jpeg=engine.jpeg(best.crop),
        evidence_jpeg=evidence(picture),
        frames=len(frames),
        frames_used=len(found),
    )


def _furthest(refusals: list[tuple[Refusal, RgbImage | None]]) -> NoneUsable:
    """Choose the refusal that says most, and keep a picture of it unless it is no picture at all."""
    if not refusals:
        return NoneUsable(Refusal("no_frames"), evidence_jpeg=None)

    def progress(item: tuple[Refusal, RgbImage | None]) -> int:
        code = item[0].code
        return PROGRESS.index(code) if code in PROGRESS else len(PROGRESS)

    refusal, picture = max(refusals, key=progress)
    return NoneUsable(refusal, evidence_jpeg=None if picture is None else evidence(picture))


def evidence(pixels: RgbImage) -> bytes:
    """Return a small picture for the list of attempts, its longer side 320 pixels at most."""
    return engine.small_jpeg(pixels, longer_pixels=EVIDENCE_PIXELS, quality=EVIDENCE_QUALITY)
