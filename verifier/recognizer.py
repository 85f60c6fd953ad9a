"""How does one picture become one point? In one line: decode, find, choose, judge, align, encode.

The same line for every purpose and every route: the purpose decides only what is refused, never what the vector
is. A recognizer is opened once in a process and shared by its threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from verifier import checkpoints, errors, image, origins
from verifier.calibration import Calibration
from verifier.encoder import Encoder
from verifier.faces import alignment, detection, quality
from verifier.networks import sface
from verifier.values import Embedding, Face, Purpose, Quality, Recognition, RgbImage

CLEARLY_LARGER = 1.25
"""At the door the face must be this much wider than the next: whoever stands at arm's length before one who waits
a step behind is 1.7 times wider, two who stand side by side differ by less than 1.2. LFW: 2.2 % refused."""

COMPANY = 0.33
"""At enrolment another face counts when it is at least this wide compared with the largest; smaller ones are
pictures on the wall and people across the street. LFW, press photos, often of two: 9 % refused."""

WHOLE, SURE = 0.75, 0.8
"""Another face counts only if this share of it is in the picture and the detector's score is at least this:
half a face at the edge is nobody whom the picture is of."""

NAMED = 0.7
"""In a photo that carries a name the face is at least this wide compared with the largest: what is smaller is a
passer-by or a pattern of the wall, however central. It changes none of 2,176 photos of LFW."""

STRANGERS_COSINE = 0.9
"""The self-test's two patterns must stay below this; after a failed load everything is the same point."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the detector alone sees, for a live preview.

    `hint`: closer, further, one_at_a_time, look_straight, more_light, hold_still; None when all is well or
    nobody is there.
    """

    faces: tuple[Face, ...]
    width_pixels: int
    height_pixels: int
    hint: str | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A face on its way to the encoder; `crop` is what the encoder will see."""

    found: detection.Found
    face: Face
    quality: Quality
    crop: RgbImage


class Recognizer:
    """Pictures in, embeddings out."""

    def __init__(self, *, detector: detection.Detector, encoder: Encoder, card: checkpoints.Card) -> None:
        self.card = card
        self._detector = detector
        self._encoder = encoder

    @classmethod
    def open(cls, models: Path | None = None, *, precision: str | None = None) -> Recognizer:
        """Open the models of a folder (prepared there if they are not), or those of the package in memory.

        `precision`: see `Encoder`.

        Raises:
            ModelMissing, ModelWrong: a file is not there or not the one pinned.
            InvalidEmbedding: the self-test failed: strangers look alike.
        """
        torch.set_num_threads(1)
        cv2.setNumThreads(0)
        opened = origins.open_models(models)
        card = opened.card
        network = sface.load(opened.weights)
        encoder = Encoder(network, name=card.name, preparation=card.preparation, precision=precision)
        recognizer = cls(detector=detection.Detector(opened.detector), encoder=encoder, card=card)
        recognizer.check_itself()
        return recognizer

    @property
    def encoder_name(self) -> str:
        """Name of the encoder; embeddings of different names are never compared."""
        return self._encoder.name

    @property
    def precision(self) -> str:
        """float32 or bfloat16."""
        return self._encoder.precision

    @property
    def calibration(self) -> Calibration | None:
        """The table that gives this encoder's distances their meaning; None where none was fitted.

        Raises ModelWrong for a table that cannot be read.
        """
        return None if self.card.calibration is None else Calibration.from_card(self.card.calibration)

    def check_itself(self) -> None:
        """Encode two patterns that have nothing in common; raise InvalidEmbedding when they fall together."""
        size = alignment.CROP_PIXELS
        ramp = np.linspace(0, 255, size, dtype=np.uint8)
        across = np.repeat(np.tile(ramp, (size, 1))[:, :, None], 3, axis=2)
        rings = np.hypot(*np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j])
        round_one = np.repeat((127.5 + 127.5 * np.cos(9 * rings)).astype(np.uint8)[:, :, None], 3, axis=2)
        vectors = self._encoder.encode(np.stack([across, round_one]))
        cosine = float(vectors[0] @ vectors[1])
        if not cosine < STRANGERS_COSINE:
            raise errors.InvalidEmbedding(strangers_cosine=round(cosine, 6), limit=STRANGERS_COSINE)

    def embed(self, data: bytes, *, purpose: Purpose) -> Recognition:
        """Return the embedding of the one face that counts in the picture, with what was seen on the way.

        Raises:
            Refusal: the picture will not do; the class says why.
            InvalidEmbedding: the encoder is broken.
        """
        return self.embed_image(image.decode(data), purpose=purpose)

    def embed_image(self, picture: RgbImage, *, purpose: Purpose | None) -> Recognition:
        """Do the same for a picture that is decoded already: RGB uint8.

        Without a purpose no gate is asked and of the large faces the one nearest to the middle is taken; see `measure`.
        """
        prepared = self.prepare(picture, purpose=purpose)
        vector = self._encoder.encode(prepared.crop[None])[0]
        found = prepared.found
        return Recognition(
            embedding=Embedding(vector=vector, encoder=self.encoder_name),
            face=prepared.face,
            quality=prepared.quality,
            crop=prepared.crop,
            turned_degrees=found.turned_degrees,
            others=len(found.faces) - 1,
            width_pixels=found.image.shape[1],
            height_pixels=found.image.shape[0],
        )

    def measure(self, data: bytes) -> Embedding | None:
        """Embed the face in a photo that carries a name, whatever its quality; None without one.

        Of the large faces it is the one nearest to the middle. For measuring and calibrating alone: what the gates
        would refuse counts too, so the figures are on the strict side, and passers-by do not decide who is in the
        photo. Raises BadImage, TooLarge.
        """
        try:
            return self.embed_image(image.decode(data), purpose=None).embedding
        except errors.NoFace:
            return None

    def prepare(self, picture: RgbImage, *, purpose: Purpose | None) -> Prepared:
        """Go as far as the crop that the encoder would see: find, choose, judge, align, lighten."""
        found = self._detector.find(image.accept(picture))
        face = self._choose(found, purpose=purpose)
        crop = alignment.crop(found.image, face.landmarks)
        if not quality.has_tones(found.image, face):
            raise errors.NoFace(reason="no_tones")
        measured = quality.measure(found.image, face, crop=crop)
        if purpose is not None:
            quality.check(measured, face=face, image=found.image, crop=crop, purpose=purpose)
        return Prepared(found=found, face=face, quality=measured, crop=alignment.lightened(crop))

    def _choose(self, found: detection.Found, *, purpose: Purpose | None) -> Face:
        """Return the face that counts, or refuse: nobody, or not one alone."""
        if not found.faces:
            raise errors.NoFace(brightness=round(float(found.image.mean()) / 255, 3))
        face, others = found.faces[0], found.faces[1:]
        if purpose is None:
            return _most_central(found)
        least_width = face.box.width / CLEARLY_LARGER
        if purpose is Purpose.ENROLMENT:
            least_width = face.box.width * COMPANY
            if max(found.image.shape[:2]) > detection.FIRST_PIXELS:
                others = tuple(sorted(self._detector.find_all(found.image), key=_width))[:-1]
        rivals = [one for one in others if _counts(one, found.image) and one.box.width > least_width]
        if rivals:
            raise errors.SeveralFaces(faces=len(rivals) + 1)
        return face

    def look(self, data: bytes) -> Look:
        """Return the faces in a small frame and what the person should do; nothing is encoded."""
        frame = image.decode(data)
        faces = sorted(self._detector.glance(frame), key=_width, reverse=True)
        height, width = frame.shape[:2]
        return Look(faces=tuple(faces), width_pixels=width, height_pixels=height, hint=_hint(frame, faces))


def _width(face: Face) -> float:
    return face.box.width


def _counts(face: Face, picture: RgbImage) -> bool:
    """Tell whether a further face is somebody whom the picture may be of."""
    height, width = picture.shape[:2]
    whole = alignment.inside(face.landmarks, width_pixels=width, height_pixels=height) >= WHOLE
    return whole and face.score >= SURE


def _most_central(found: detection.Found) -> Face:
    middle = np.array(found.image.shape[1::-1]) / 2
    large = [face for face in found.faces if face.box.width >= NAMED * found.faces[0].box.width]
    return min(large, key=lambda face: float(np.linalg.norm(face.landmarks.mean(axis=0) - middle)))


NEAR_ENOUGH, TOO_NEAR = 0.14, 0.75
"""Width of the face as a share of the frame's shorter side: 0.14 of 480 pixels is 67, safe above the floor."""


def _hint(frame: RgbImage, faces: list[Face]) -> str | None:
    """Return the one thing that helps most; the order is that of the refusals."""
    if not faces:
        return "more_light" if float(frame.mean()) < 20 else None
    face = faces[0]
    if any(one.box.width * CLEARLY_LARGER > face.box.width for one in faces[1:]):
        return "one_at_a_time"
    share = face.box.width / min(frame.shape[:2])
    if not NEAR_ENOUGH <= share <= TOO_NEAR:
        return "closer" if share < NEAR_ENOUGH else "further"
    crop = alignment.crop(frame, face.landmarks)
    limits = quality.LIMITS[Purpose.CHECK_IN]
    measured = quality.measure(frame, face, crop=crop)
    if abs(measured.yaw_degrees) > limits.most_yaw_degrees or abs(measured.pitch_degrees) > limits.most_pitch_degrees:
        return "look_straight"
    if measured.contrast < limits.least_contrast:
        return "more_light"
    return "hold_still" if measured.sharpness < limits.least_sharpness else None
