"""Which words does a person read for a code? ONE table: what happened, and what to do about it.

Rules raise `Refusal(code, facts)` and store codes; the words are chosen here and nowhere else. A test holds the
table against every code that can be raised, both ways. Keep each text short: at the door nobody reads twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from attendance.core.errors import Fact, MusterError


@dataclass(frozen=True, slots=True)
class Words:
    """`what` happened, in a few words; `advice`: what the person can do, with `{facts}` where they help.

    `plain`: the advice without facts, for when one of them is missing.
    """

    what: str
    advice: str
    plain: str = ""


UNKNOWN = Words("Something did not work.", "Try again; if it stays, tell your administrator the word “{code}”.")

WORDS: dict[str, Words] = {
    # the picture
    "invalid_image": Words(
        "This is not a picture we can read.",
        "Send a JPEG, PNG, WebP or HEIC photo. If it opens on your device, save it again as JPEG and send that.",
    ),
    "image_too_large": Words(
        "This picture is too large.", "Send one of at most 25 MB and 60 megapixels; a phone's usual photo will do."
    ),
    "face_not_found": Words(
        "No face was found.", "Take the photo from the front, with the whole face in view and light on it."
    ),
    "multiple_faces": Words(
        "There is more than one face.",
        "There are {faces} faces in the picture. Use a photo of this person alone, or cut the others off.",
        plain="Use a photo of this person alone, or cut the others off.",
    ),
    "face_too_small": Words(
        "The face is too small.",
        "It is {size_pixels} pixels wide and needs {limit_pixels}. Come closer, or use a larger photo.",
        plain="Come closer, or use a larger photo.",
    ),
    "face_cut_off": Words(
        "Part of the face is cut off.", "Keep the whole face inside the picture, chin and forehead too."
    ),
    "extreme_pose": Words("The face is turned away.", "Look straight into the camera."),
    "too_blurred": Words("The face is blurred.", "Hold still, wipe the lens, and take the photo again."),
    "too_dark": Words("There is too little light on the face.", "Turn towards the light, or switch one on in front."),
    "too_bright": Words("The light on the face is too strong.", "Step out of the glare and take the photo again."),
    # ours
    "model_missing": Words(
        "A model file is missing.",
        "Your administrator can bring it back with “make install”; nothing you sent is lost.",
    ),
    "model_wrong": Words(
        "A model file is not the one that was installed.",
        "Your administrator can repair it with “make install”; nothing you sent is lost.",
    ),
    "invalid_embedding": Words(
        "The picture could not be turned into numbers.",
        "Try another photo, and tell your administrator about this one.",
    ),
    "encoder_mismatch": Words(
        "Pictures of two different encoders were about to be compared.",
        "Tell your administrator; nothing was recorded.",
    ),
    "snapshot_invalid": Words(
        "A saved copy of the gallery is damaged.", "It is rebuilt by itself from the database; try again in a moment."
    ),
}


def words(code: str) -> Words:
    """Return the words for a code."""
    return WORDS.get(code, UNKNOWN)


def what(code: str) -> str:
    """Return what happened, in a few words."""
    return words(code).what


def advice(code: str, facts: Mapping[str, Fact] | None = None) -> str:
    """Return what to do, with the facts filled in as people write them."""
    chosen = words(code)
    told = {name: _written(value) for name, value in (facts or {}).items()} | {"code": code}
    try:
        return chosen.advice.format_map(told)
    except KeyError:
        return chosen.plain or UNKNOWN.advice.format(code=code)


def sentence(code: str, facts: Mapping[str, Fact] | None = None) -> str:
    """Return both: what happened, and what to do."""
    return f"{what(code)} {advice(code, facts)}"


def explain(error: MusterError) -> str:
    """Return the sentence for an error that a rule raised."""
    return sentence(error.code, error.facts)


def _written(value: Fact) -> str:
    """Write a fact for people: no more digits than anybody can use."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
