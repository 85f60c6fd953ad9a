"""Reference page of the recognizer: its numbers are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from verifier import errors, image, recognizer
from verifier.faces import alignment, detection, landmarks, quality
from verifier.values import Purpose

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "recognizer.md").read_text()
STRICT, LENIENT = (quality.LIMITS[purpose] for purpose in (Purpose.ENROLMENT, Purpose.CHECK_IN))


def rows(code: str) -> list[tuple[str, str]]:
    """The limits that the page gives for a code: enrolment, check-in."""
    return re.findall(rf"^\| `{code}` \|[^|]*\| ([^|]+) \| ([^|]+) \|[^|]*\|$", PAGE, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("code", "position", "name"),
    [
        ("face_not_found", 0, "least_score"),
        ("face_cut_off", 0, "least_visible"),
        ("face_too_small", 0, "least_size_pixels"),
        ("extreme_pose", 0, "most_yaw_degrees"),
        ("extreme_pose", 1, "most_pitch_degrees"),
        ("too_bright", 0, "most_burnt_out"),
        ("too_dark", 0, "least_contrast"),
        ("too_blurred", 0, "least_sharpness"),
    ],
)
def test_the_page_states_every_limit(code: str, position: int, name: str) -> None:
    stated = tuple(float(value) for value in rows(code)[position])
    assert stated == (getattr(STRICT, name), getattr(LENIENT, name))


def test_the_page_lists_exactly_the_refusals_of_the_code() -> None:
    stated = set(re.findall(r"^\| `(\w+)` \|[^|]*\|[^|]*\|[^|]*\|[^|]*\|$", PAGE, flags=re.MULTILINE))
    assert stated == {kind.code for kind in errors.Refusal.__subclasses__() if kind.__module__ == errors.__name__}


def test_the_page_states_what_is_read() -> None:
    assert f"| formats | {', '.join(image.FORMATS)};" in PAGE
    assert f"({image.MAXIMUM_BYTES} bytes)" in PAGE
    assert f"({image.MAXIMUM_PIXELS})" in PAGE
    assert f"mid grey ({image.MATTE})" in PAGE


def test_the_page_states_how_faces_are_found() -> None:
    for sentence in (
        f"scaled down to {detection.FIRST_PIXELS} pixels",
        f"there, at {detection.SECOND_PIXELS}.",
        f"a {1 / landmarks.SMOOTHED:.0f}th of its width",
        f"to a width of {landmarks.LOOK_PIXELS} pixels",
        f"more than {landmarks.TILT_LEFT_DEGREES:.0f} degrees of tilt were left",
        f"at most {landmarks.MOST_LOOKS} in all",
        f"below {landmarks.DARK:.0f} of 255) is brightened",
        f"scores {detection.CERTAIN_SCORE} in the first pass",
        f"{detection.UPRIGHT_SCORE} in the look with a tilt of at most {detection.UPRIGHT_TILT_DEGREES:.0f} degrees",
        f"at least {detection.TURNED_SCORE} and {detection.TURN_MARGIN} better",
        f"({detection.TURNED_SCORE_ALONE} when nothing",
        f"if it is {recognizer.CLEARLY_LARGER} times as wide",
        f"less than {recognizer.RIVAL_VISIBLE:.0%}".replace("%", " %"),
        f"score below {recognizer.RIVAL_SCORE}",
        f"below {alignment.LIGHT_ENOUGH:.0f} of 255",
    ):
        assert sentence in " ".join(PAGE.split()), sentence
