"""What runs the networks in this process, and how long they take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from attendance.recognition import engine, training


@dataclass(frozen=True, slots=True)
class Running:
    """`runtime`: name and version. `milliseconds`: the shortest of a few runs on one thread, at this process's start.

    Of one face for the encoder, of one picture of 320 by 256 pixels for the detector.
    """

    runtime: str
    precision: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class FacesRunning:
    """The two networks of the recognizer; `name` is that of the encoder."""

    name: str
    encoder: Running
    detector: Running


def for_faces() -> FacesRunning:
    """Return what recognizes people here; raises Fault when a model file is missing or wrong."""
    opened = engine.recognizer()
    encoder, detector = opened.runtimes
    speed = opened.speed
    return FacesRunning(
        name=opened.encoder_name,
        encoder=Running(encoder, opened.precision, speed.encoder_milliseconds),
        detector=Running(detector, "float32", speed.detector_milliseconds),
    )


def for_card(kept: training.Kept) -> str:
    """Return what would run another encoder, without opening it; "" for a card whose networks have cards of their own.

    torch runs it where OpenVINO is not installed or no file was written for it.
    """
    from verifier import checkpoints, errors  # noqa: PLC0415  (not before it is needed)
    from verifier.inference import onnx_files, openvino_network  # noqa: PLC0415

    folders = tuple(Path(folder) for folder in (kept.folder, settings.MODELS_DIR) if folder)
    try:
        card = checkpoints.read_card(kept.folder / f"{kept.stem}.json")
        parts = onnx_files.parts(card, name=kept.stem)
        found = [onnx_files.find(part, card=card, folders=folders) for part in parts]
    except errors.Fault:
        return "torch"
    if not parts:
        return ""
    return openvino_network.version() if all(found) and openvino_network.is_available() else "torch"
