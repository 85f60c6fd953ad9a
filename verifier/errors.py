"""Errors of the library: a refusal asks the person to act, a fault asks the operator.

A `Refusal` means that the person can act (another photo, come closer); the same input will be refused again.
A `Fault` means that Muster is broken (a missing file, a vector that is not finite); a retry may help.
Each carries a snake_case `code` and `facts` (plain JSON values), and no sentence: the page, the API or the command
that shows it chooses the words.
"""

from __future__ import annotations

from typing import ClassVar

Fact = str | int | float | bool | None


class VerifierError(Exception):
    """Root of all; `code` is stable and may be stored, `facts` are JSON values with the unit in their name."""

    code: ClassVar[str] = "verifier_error"

    def __init__(self, **facts: Fact) -> None:
        super().__init__(self.code, facts)
        self.facts: dict[str, Fact] = facts

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code}({facts})"


class Refusal(VerifierError):
    """The input cannot be used; the person can act."""

    code = "refused"


class Fault(VerifierError):
    """The library or its surroundings are broken; the person cannot act."""

    code = "fault"


class BadImage(Refusal):
    """Not a picture that can be read: another kind of file, truncated, empty. Facts: reason."""

    code = "invalid_image"


class TooLarge(Refusal):
    """More bytes or pixels than accepted, read from the header. Facts: what, value, limit."""

    code = "image_too_large"


class NoFace(Refusal):
    """No face was found, at any of the four quarter turns.

    Facts, as far as they apply: brightness (of the picture, 0 to 1); reason: no_tones (black and white alone),
    doubtful (score below the limit).
    """

    code = "face_not_found"


class SeveralFaces(Refusal):
    """More than one face where one is wanted. Facts: faces."""

    code = "multiple_faces"


class FaceTooSmall(Refusal):
    """Facts: size_pixels, limit_pixels (width of the face box)."""

    code = "face_too_small"


class FaceCutOff(Refusal):
    """The face leaves the picture. Facts: visible (share of the box inside), edge."""

    code = "face_cut_off"


class TurnedAway(Refusal):
    """The head is turned too far. Facts: yaw_degrees, pitch_degrees."""

    code = "extreme_pose"


class TooBlurred(Refusal):
    """Facts: sharpness, limit."""

    code = "too_blurred"


class TooDark(Refusal):
    """The light on the face leaves no detail; measured by the face's own contrast, not by its tone.

    Facts: contrast, limit.
    """

    code = "too_dark"


class TooBright(Refusal):
    """Large parts of the face are overexposed. Facts: burnt_out (share of the face), limit."""

    code = "too_bright"


class ModelMissing(Fault):
    """A model file is missing. Facts: file."""

    code = "model_missing"


class ModelWrong(Fault):
    """A model file is not the one that was pinned. Facts: file, expected, found."""

    code = "model_wrong"


class InvalidEmbedding(Fault):
    """The encoder gave a vector that is not finite or has length 0. Such a vector is never stored or searched."""

    code = "invalid_embedding"


class EncoderMismatch(Fault):
    """Embeddings of two encoders cannot be compared. Facts: expected, found."""

    code = "encoder_mismatch"


class SnapshotInvalid(Fault):
    """A gallery snapshot is truncated, corrupted or of another encoder. Facts: reason."""

    code = "snapshot_invalid"
