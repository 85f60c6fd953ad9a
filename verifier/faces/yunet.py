"""YuNet's rows for one picture, by OpenVINO or by OpenCV: box, five landmarks and score of each face.

Both run the same weights, pad the picture with black to multiples of 32 pixels, and read the output in the same way,
which is OpenCV's: the score of a cell is the geometric mean of its two, and of boxes that overlap the best one is kept.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from verifier import errors
from verifier.inference import choice, opening, openvino_network
from verifier.inference.choice import Chosen
from verifier.networks.yunet_layout import COLUMNS, NEAR_HEIGHT, NEAR_WIDTH, STRIDES
from verifier.values import FloatArray, RgbImage

LOWEST_SCORE = 0.6
"""Least score of a face: below it YuNet finds other things; with it none of 13,233 LFW photos is missed."""

OVERLAP = 0.3
"""Boxes that share more than this part of their union are one face."""

MOST_FACES = 50
"""Most faces that are returned; a crowd is refused, or its largest face taken, with far fewer."""

ROW = 15
"""Columns of a row: left, top, width, height, five times x and y, score; in pixels of the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class YuNetFiles:
    """The detector's file, and what was written from it for OpenVINO: for the near size and for any size."""

    original: bytes
    near: Path | bytes | None = None
    of_any_size: Path | bytes | None = None


class YuNet(Protocol):
    """A detector of faces; threads may share it. `runtime`: name and version of what runs it."""

    @property
    def runtime(self) -> str:
        """Name and version of the runtime."""

    def rows(self, picture: RgbImage) -> FloatArray:
        """Return the faces of an RGB picture, (n, 15), best first."""


def fastest(files: YuNetFiles, *, by_opencv: bool = False) -> Chosen[YuNet]:
    """Open the detector by the faster runtime; raises ModelWrong for a file that neither can run."""
    candidates: dict[str, Callable[[], YuNet]] = {f"OpenCV {cv2.__version__}": partial(OpenCvYuNet, files.original)}
    notes = None
    if files.near is not None and not by_opencv and openvino_network.is_available():
        candidates[openvino_network.version()] = partial(OpenVinoYuNet, files)
        notes = opening.notes_file(opening.compiled_folder(files.near))
    blank: RgbImage = np.zeros((NEAR_HEIGHT, NEAR_WIDTH, 3), np.uint8)
    return choice.fastest(candidates, trial=lambda opened: opened.rows(blank), name="yunet", notes=notes)


class OpenCvYuNet:
    """OpenCV's own detector. Its object is set to the size of each picture, so a lock admits one thread at a time."""

    def __init__(self, model: bytes) -> None:
        """Take the bytes of the ONNX file, whose checksum was checked."""
        buffer, no_settings = np.frombuffer(model, np.uint8), np.zeros(0, np.uint8)
        self.runtime = f"OpenCV {cv2.__version__}"
        self._lock = threading.Lock()
        loudness = cv2.utils.logging.getLogLevel()
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # it warns of a target that was not chosen
        try:
            self._network = cv2.FaceDetectorYN.create(
                "onnx", buffer, no_settings, (NEAR_WIDTH, NEAR_HEIGHT), LOWEST_SCORE, OVERLAP, MOST_FACES
            )
        except cv2.error as broken:
            raise errors.ModelWrong(file="yunet", expected="a detector", found=repr(broken)) from broken
        finally:
            cv2.utils.logging.setLogLevel(loudness)

    def rows(self, picture: RgbImage) -> FloatArray:
        """Return the faces, (n, 15)."""
        with self._lock:
            self._network.setInputSize((picture.shape[1], picture.shape[0]))
            _, detected = self._network.detect(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        found: Any = detected  # None when there is none, whatever the stubs say
        return np.zeros((0, ROW), np.float32) if found is None else np.asarray(found, dtype=np.float32)


class OpenVinoYuNet:
    """The network by OpenVINO, compiled twice: for pictures that are padded to the near size, and for all others."""

    def __init__(self, files: YuNetFiles) -> None:
        self.runtime = openvino_network.version()
        self._near, self._of_any_size = (self._opened(model) for model in (files.near, files.of_any_size))

    def rows(self, picture: RgbImage) -> FloatArray:
        """Return the faces, (n, 15)."""
        height, width = picture.shape[:2]
        padded = (_padded(height), _padded(width))
        framed = cv2.copyMakeBorder(
            picture, 0, padded[0] - height, 0, padded[1] - width, cv2.BORDER_CONSTANT, value=(0, 0, 0)
        )
        values = np.asarray(cv2.dnn.blobFromImage(framed, swapRB=True), dtype=np.float32)
        cells = (self._near if padded == (NEAR_HEIGHT, NEAR_WIDTH) else self._of_any_size).run(values)[0]
        return faces(cells, height=padded[0], width=padded[1])

    @staticmethod
    def _opened(model: Path | bytes | None) -> openvino_network.OpenVinoNetwork:
        if model is None:
            raise errors.ModelWrong(file="yunet", expected="a file for OpenVINO", found="none")
        compiled = opening.compiled_folder(model)
        return openvino_network.OpenVinoNetwork(model, precision="float32", compiled=compiled)


def faces(cells: FloatArray, *, height: int, width: int) -> FloatArray:
    """Return the faces (n, 15), best first, in the network's output (cells, 16) for a picture of this size."""
    scores = np.sqrt(np.clip(cells[:, 0], 0, 1) * np.clip(cells[:, 1], 0, 1))
    likely = np.flatnonzero(scores >= LOWEST_SCORE)
    if not len(likely):
        return np.zeros((0, ROW), np.float32)
    places, strides = (one[likely] for one in _grid(height, width))
    chosen = cells[likely].astype(np.float32)
    rows = np.empty((len(likely), ROW), np.float32)
    sizes = np.exp(chosen[:, 4:6]) * strides
    rows[:, :2] = (places + chosen[:, 2:4]) * strides - sizes / 2
    rows[:, 2:4] = sizes
    rows[:, 4:14] = ((chosen[:, 6:COLUMNS].reshape(-1, 5, 2) + places[:, None]) * strides[:, None]).reshape(-1, 10)
    rows[:, 14] = scores[likely]
    boxes = rows[:, :4].astype(np.int32)  # OpenCV compares whole pixels
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), rows[:, 14].tolist(), LOWEST_SCORE, OVERLAP, 1.0, MOST_FACES)
    return rows[np.asarray(kept, dtype=np.int64).reshape(-1)]


@functools.lru_cache(maxsize=32)
def _grid(height: int, width: int) -> tuple[FloatArray, FloatArray]:
    """Return column and row of every cell (n, 2), and its stride (n, 1)."""
    places, strides = [], []
    for stride in STRIDES:
        down, across = np.mgrid[: height // stride, : width // stride]
        places.append(np.stack([across.ravel(), down.ravel()], axis=1))
        strides.append(np.full((across.size, 1), stride))
    return np.concatenate(places).astype(np.float32), np.concatenate(strides).astype(np.float32)


def _padded(pixels: int) -> int:
    """Return the next multiple of the largest stride."""
    return -(-pixels // STRIDES[-1]) * STRIDES[-1]
