"""The sentences of the door: short, kind, and never with a number that came from a model."""

from __future__ import annotations

from collections.abc import Mapping

from attendance.core.errors import Fact
from attendance.recognition.identify import HINDRANCE
from attendance.web import errors
from attendance.workdays.requests.forgotten_out import Question

ANSWERS: dict[str, str] = {
    "unknown": "I did not recognize you. Try once more, or use your number and PIN.",
    "ambiguous": "I am not sure enough. Type your employee number, please.",
    "guest_gives_number": "I did not recognize you. If you are a guest here, type your employee number.",
    "pin_needed": "Somebody here looks like you: type your PIN too, please.",
    "not_own": "This picture does not match your own photo. Try again in better light, or ask at the desk.",
    "person_inactive": "I did not recognize you. Use your number and PIN, or ask at the desk.",
    "fault": "Something is broken on our side. Use your number and PIN, or ask at the desk.",
}
"""The sentences for answers that are no fault of the picture."""

HINDERED: dict[str, str] = {
    "backlight": "I did not recognize you: the light is behind you. Turn away from the window, please.",
    "eyes_covered": "I did not recognize you. Take the glasses off, please, or use your number and PIN.",
}
"""The sentences for whoever is not known while something hinders that they can change."""

SHORT: dict[str, str] = {
    "face_not_found": "No face found. Look at the camera, with light from the front.",
    "multiple_faces": "More than one face. One at a time, please.",
    "frames_differ": "I saw two people. One at a time, please.",
    "face_too_small": "Please come closer.",
    "face_cut_off": "Your face is cut off. Move to the middle of the picture.",
    "extreme_pose": "Please look straight at the camera.",
    "too_blurred": "The picture is blurred. Hold still for a moment.",
    "too_dark": "It is too dark. Turn your face to the light.",
    "too_bright": "There is too much light on your face. Turn away from it a little.",
}
"""Sentences for the person in front of the camera; `errors` has those for a clerk who reads about a photo."""

HINTS: dict[str, str] = {
    "idle": "Look at the camera",
    "closer": "Come closer",
    "further": "Step back a little",
    "one_at_a_time": "One at a time, please",
    "look_straight": "Look straight ahead",
    "more_light": "Turn to the light",
    "hold_still": "Hold still",
    "backlight": "Turn away from the window",
    "eyes_covered": "Take the glasses off, please",
    "good": "Good, hold still",
    "working": "One moment",
    "offline": "Waiting for the connection",
}
"""Shown under the picture of the camera, one at a time."""

CAMERA: dict[str, tuple[str, str]] = {
    "starting": ("Starting the camera", "If the browser asks, allow the camera."),
    "insecure": (
        "The camera needs https",
        "Browsers give the camera only to pages opened by https or on this machine.",
    ),
    "denied": ("The camera is not allowed", "Tap the sign beside the address, allow the camera, then try again."),
    "missing": ("No camera found", "Connect a camera; it starts by itself."),
    "busy": ("Another program uses the camera", "Close it; the camera starts by itself."),
    "stalled": ("The camera stopped", "It is being restarted."),
    "failed": ("The camera does not start", "It will be tried again in a moment."),
}
"""State of the camera -> what is wrong, and what to do."""


def forgotten(asked: Question) -> str:
    """Return the question about a missing out."""
    when = "yesterday" if asked.ago_days == 1 else f"on {asked.day:%A}"
    if asked.over_midnight:
        return f"When did you leave after {'last night' if asked.ago_days == 1 else f'{asked.day:%A} night'}'s shift?"
    return f"When did you leave {when}?"


def asked(left: str) -> str:
    """Return the confirmation of an answer: it is a request, and nothing is changed yet."""
    return f"Thank you. {left} waits for your manager's approval."


def sentence(code: str, facts: Mapping[str, Fact] | None = None) -> str:
    """Return the sentence for an answer or a code; for somebody who is not known, what hinders comes first."""
    hindrance = str((facts or {}).get(HINDRANCE, ""))
    if code in {"unknown", "not_own"} and hindrance in HINDERED:
        return HINDERED[hindrance]
    return ANSWERS.get(code) or SHORT.get(code) or errors.sentence(code, facts)
