"""Face recognizer: decodes, detects, selects, checks, aligns and encodes the face in one picture.

The steps are the same for every purpose and every route: the purpose decides only what is refused, never what the
vector is. A recognizer is opened once in a process and shared by its threads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from verifier import checkpoints, errors, image, origins
from verifier.calibration import Calibration
from verifier.encoder import Encoder, self_test
from verifier.faces import alignment, detection, quality, yunet
from verifier.inference import opening
from verifier.values import Embedding, Face, FloatArray, Purpose, Quality, Recognition, RgbImage

if TYPE_CHECKING:
    from torch import nn

CLEARLY_LARGER = 1.25
"""At the door the largest face must be this many times as wide as the next one. A person at arm's length is 1.7
times as wide as one a step behind; two people side by side differ by less than 1.2. LFW: 2.2 % refused."""

RIVAL_WIDTH = 0.33
"""At enrolment another face counts when it is at least this wide relative to the largest; smaller ones are pictures
on the wall and people in the background. LFW, press photos, often of two people: 9 % refused."""

RIVAL_VISIBLE, RIVAL_SCORE = 0.75, 0.8
"""Another face counts only if at least this share of it is in the picture and its score is at least this: half a face
at the edge is not the subject of the picture."""

CLEAR_MAIN_WIDTH = 0.5
"""A face is the clear main subject of a photo when every other one that counts is narrower than this share of it."""

NAMED_PHOTO_WIDTH = 0.7
"""In a photo labelled with a name, the person's face is at least this wide relative to the largest; a smaller face is
taken for a passer-by, even in the middle. It changes none of 2,176 photos of LFW."""


Place = tuple[float, float]
"""Middle of a face, as shares of the width and height of the upright picture."""


@dataclass(frozen=True, slots=True)
class Look:
    """Faces found by the detector alone, for a live preview.

    `hint`: closer, further, one_at_a_time, look_straight, more_light, hold_still; None when the frame is good or has
    no face.
    """

    faces: tuple[Face, ...]
    width_pixels: int
    height_pixels: int
    hint: str | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A face before it is encoded; `crop` is the encoder's input."""

    found: detection.DetectedFaces
    face: Face
    quality: Quality
    crop: RgbImage


@dataclass(frozen=True, slots=True, eq=False)
class Subjects:
    """The faces that may be the subject of a photo, largest first; `image` is the picture in which they stand upright.

    A place is the middle of a face as shares of the picture's width and height.
    """

    faces: tuple[Face, ...]
    image: RgbImage

    def place(self, face: Face) -> Place:
        """Return the place by which `embed` finds this face again."""
        height, width = self.image.shape[:2]
        return (face.box.left + face.box.width / 2) / width, (face.box.top + face.box.height / 2) / height

    @property
    def main(self) -> Face | None:
        """The clear main subject; None where another face is at least half as wide."""
        if not self.faces:
            return None
        first, *others = self.faces
        is_clear = all(one.box.width < CLEAR_MAIN_WIDTH * first.box.width for one in others)
        return first if is_clear else None


@dataclass(frozen=True, slots=True)
class Speed:
    """Shortest processor time of a few runs when the models were opened, in milliseconds.

    One face for the encoder; one picture of 320 by 256 pixels for the detector.
    """

    encoder_milliseconds: float
    detector_milliseconds: float


NOT_MEASURED = Speed(encoder_milliseconds=0.0, detector_milliseconds=0.0)


class Recognizer:
    """Pictures in, embeddings out."""

    def __init__(
        self,
        *,
        detector: detection.Detector,
        encoder: Encoder,
        card: checkpoints.Card,
        speed: Speed = NOT_MEASURED,
    ) -> None:
        self.card = card
        self.speed = speed
        self._detector = detector
        self._encoder = encoder

    @classmethod
    def open(
        cls, models: Path | origins.FaceModels | None = None, *, precision: str | None = None, by_torch: bool = False
    ) -> Recognizer:
        """Open the models of a folder (prepared there if they are not), or those of the package in memory.

        `precision`: float32 or bfloat16, None for the faster one on this CPU. `by_torch`: run the reference, torch and
        OpenCV, even where OpenVINO is installed.

        Raises:
            ModelMissing, ModelWrong: a file is not there or not the one pinned.
            InvalidEmbedding: the self-test failed: strangers look alike.
        """
        cv2.setNumThreads(0)
        opened = models if isinstance(models, origins.FaceModels) else origins.open_models(models)
        card = opened.card
        wanted = card.preparation
        network = opening.network(
            None if by_torch else opened.read_onnx(origins.ENCODER_FILES),
            module=lambda: _reference(opened),
            name=card.name,
            shape=(wanted.channels, wanted.height_pixels, wanted.width_pixels),
            precision=precision,
        )
        found = yunet.fastest(_detector_files(opened, by_opencv=by_torch))
        recognizer = cls(
            detector=detection.Detector(found.opened),
            encoder=Encoder(network.opened, name=card.name, preparation=wanted),
            card=card,
            speed=Speed(encoder_milliseconds=network.milliseconds, detector_milliseconds=found.milliseconds),
        )
        recognizer.self_test()
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
    def runtimes(self) -> tuple[str, str]:
        """Name and version of what runs the encoder and the detector."""
        return self._encoder.runtime, self._detector.runtime

    @property
    def calibration(self) -> Calibration | None:
        """Calibration table on the encoder's card; None where none was fitted.

        Raises ModelWrong for a table that cannot be read.
        """
        return None if self.card.calibration is None else Calibration.from_card(self.card.calibration)

    def self_test(self) -> None:
        """Encode two unrelated patterns; raise InvalidEmbedding when their embeddings are nearly equal."""
        self_test(self._encoder)

    def embed(self, data: bytes, *, purpose: Purpose, place: Place | None = None) -> Recognition:
        """Return the embedding of the selected face in the picture, with its place, quality and crop.

        `place`: of the face that somebody chose among several, see `Subjects`.

        Raises:
            Refusal: the picture cannot be used; the class says why.
            InvalidEmbedding: the encoder is broken.
        """
        return self.embed_image(image.decode(data), purpose=purpose, place=place)

    def embed_image(self, picture: RgbImage, *, purpose: Purpose | None, place: Place | None = None) -> Recognition:
        """Return the same for a decoded picture, RGB uint8.

        Without a purpose nothing is refused for its quality, and the face is selected as in `embed_named_photo`.
        """
        prepared = self.prepare(picture, purpose=purpose, place=place)
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

    def embed_crop(self, crop: RgbImage) -> FloatArray:
        """Return the embedding (d,) of a crop as `prepare` gives it, such as one that was kept.

        Raises BadImage for another shape.
        """
        return np.asarray(self._encoder.encode(crop[None])[0])

    def embed_named_photo(self, data: bytes) -> Embedding | None:
        """Return the embedding of the face in a photo labelled with a name, whatever its quality; None without a face.

        The most central of the large faces is taken, so that passers-by do not count. For evaluation and calibration
        only: photos that the quality checks would refuse are included, which makes the figures stricter.
        Raises BadImage, TooLarge.
        """
        try:
            return self.embed_image(image.decode(data), purpose=None).embedding
        except errors.NoFace:
            return None

    def prepare(self, picture: RgbImage, *, purpose: Purpose | None, place: Place | None = None) -> Prepared:
        """Return the crop for the encoder: detect, select, check, align and lighten the face."""
        found = self._detector.find(image.accept(picture))
        face = self._choose(found, purpose=purpose) if place is None else self._chosen(found, place)
        if face is not found.faces[0]:  # that one alone was looked at
            face = self._detector.refine(found.image, face)
        crop = alignment.crop(found.image, face.landmarks)
        if not quality.has_tones(found.image, face):
            raise errors.NoFace(reason="no_tones")
        measured = quality.measure(found.image, face, crop=crop)
        if purpose is not None:
            quality.check(measured, face=face, image=found.image, crop=crop, purpose=purpose)
        return Prepared(found=found, face=face, quality=measured, crop=alignment.lightened(crop))

    def subjects(self, data: bytes) -> Subjects:
        """Return the faces that may be the subject of a photo, so that somebody can say which one is meant.

        Raises:
            BadImage, TooLarge: the picture cannot be read.
            NoFace: there is none.
        """
        found = self._detector.find(image.decode(data))
        return Subjects(faces=self._subjects(found), image=found.image)

    def _subjects(self, found: detection.DetectedFaces) -> tuple[Face, ...]:
        """Return the largest face and the others that count at enrolment, largest first."""
        if not found.faces:
            raise errors.NoFace(brightness=round(float(found.image.mean()) / 255, 3))
        face, others = found.faces[0], found.faces[1:]
        if max(found.image.shape[:2]) > detection.FIRST_PIXELS:
            others = tuple(sorted(self._detector.find_all(found.image), key=_width))[:-1]
        rivals = (one for one in others if _counts(one, found.image) and one.box.width > face.box.width * RIVAL_WIDTH)
        return (face, *sorted(rivals, key=_width, reverse=True))

    def _chosen(self, found: detection.DetectedFaces, place: Place) -> Face:
        """Return the face at the place; refuse a place without one."""
        subjects = Subjects(faces=self._subjects(found), image=found.image)
        x, y = place[0] * found.image.shape[1], place[1] * found.image.shape[0]
        there = [
            face
            for face in subjects.faces
            if face.box.left <= x <= face.box.right and face.box.top <= y <= face.box.bottom
        ]
        if not there:
            raise errors.SeveralFaces(faces=len(subjects.faces))
        return min(there, key=lambda one: math.dist(subjects.place(one), place))

    def _choose(self, found: detection.DetectedFaces, *, purpose: Purpose | None) -> Face:
        """Return the selected face; refuse a picture with no face, or with a second one that counts."""
        if not found.faces:
            raise errors.NoFace(brightness=round(float(found.image.mean()) / 255, 3))
        face, others = found.faces[0], found.faces[1:]
        if purpose is None:
            return _most_central(found)
        if purpose is Purpose.ENROLMENT:
            rivals = list(self._subjects(found)[1:])
        else:
            least_width = face.box.width / CLEARLY_LARGER
            rivals = [one for one in others if _counts(one, found.image) and one.box.width > least_width]
        if rivals:
            raise errors.SeveralFaces(faces=len(rivals) + 1)
        return face

    def look(self, data: bytes) -> Look:
        """Return the faces in a small frame and a hint for the person; nothing is encoded."""
        frame = image.decode(data)
        faces = sorted(self._detector.find_in_preview(frame), key=_width, reverse=True)
        height, width = frame.shape[:2]
        return Look(faces=tuple(faces), width_pixels=width, height_pixels=height, hint=_hint(frame, faces))


def _reference(models: origins.FaceModels) -> nn.Module:
    from verifier.networks import sface  # noqa: PLC0415  (brings torch, the fall-back)

    return sface.load(models.weights)


def _detector_files(models: origins.FaceModels, *, by_opencv: bool) -> yunet.YuNetFiles:
    if by_opencv:
        return yunet.YuNetFiles(original=models.detector)
    near, of_any_size = (models.read_onnx(name) for name in (origins.DETECTOR_NEAR, origins.DETECTOR_OF_ANY_SIZE))
    return yunet.YuNetFiles(original=models.detector, near=near, of_any_size=of_any_size)


def _width(face: Face) -> float:
    return face.box.width


def _counts(face: Face, picture: RgbImage) -> bool:
    """Return whether a further face may be the subject of the picture."""
    height, width = picture.shape[:2]
    whole = alignment.inside(face.landmarks, width_pixels=width, height_pixels=height) >= RIVAL_VISIBLE
    return whole and face.score >= RIVAL_SCORE


def _most_central(found: detection.DetectedFaces) -> Face:
    middle = np.array(found.image.shape[1::-1]) / 2
    large = [face for face in found.faces if face.box.width >= NAMED_PHOTO_WIDTH * found.faces[0].box.width]
    return min(large, key=lambda face: float(np.linalg.norm(face.landmarks.mean(axis=0) - middle)))


NEAR_ENOUGH, TOO_NEAR = 0.14, 0.75
"""Width of the face as a share of the frame's shorter side: 0.14 of 480 pixels is 67, above the least size."""

DIM_CONTRAST = 0.05
"""Contrast of a face below which the preview asks for light; a check-in takes somewhat darker frames."""


def _hint(frame: RgbImage, faces: list[Face]) -> str | None:
    """Return the most useful hint; the order is that of the refusals."""
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
    if measured.contrast < DIM_CONTRAST:
        return "more_light"
    return "hold_still" if measured.sharpness < limits.least_sharpness else None
