"""Quality checks: one cause for each refusal, and never the tone of the skin."""

from __future__ import annotations

import numpy as np
import pytest

from tests.verifier import portraits
from tests.verifier.pictures import Pixels
from verifier import errors, image
from verifier.faces import alignment, quality
from verifier.recognizer import Prepared, Recognizer
from verifier.values import Box, Face, Purpose

BOTH = list(Purpose)


@pytest.fixture(scope="module", params=["astronaut_jpeg", pytest.param("hopper_jpeg", marks=pytest.mark.slow)])
def portrait(request: pytest.FixtureRequest) -> Pixels:
    return image.decode(request.getfixturevalue(request.param))


@pytest.fixture(scope="module")
def plain(recognizer: Recognizer, portrait: Pixels) -> Prepared:
    return recognizer.prepare(portrait, purpose=None)


def to_width(portrait: Pixels, plain: Prepared, width_pixels: float) -> Pixels:
    return portraits.scaled(portrait, width_pixels / plain.face.box.width)


@pytest.mark.parametrize("purpose", BOTH)
def test_an_ordinary_portrait_passes(recognizer: Recognizer, portrait: Pixels, purpose: Purpose) -> None:
    seen = recognizer.prepare(portrait, purpose=purpose).quality
    assert seen.visible == 1
    assert abs(seen.yaw_degrees) < 15
    assert abs(seen.pitch_degrees) < 15
    assert abs(seen.roll_degrees) < 5


@pytest.mark.parametrize("factor", [0.6, 0.3, 0.15])
@pytest.mark.parametrize("purpose", BOTH)
def test_dark_skin_in_good_light_is_not_too_dark(
    recognizer: Recognizer, portrait: Pixels, plain: Prepared, purpose: Purpose, factor: float
) -> None:
    """Very light skin reflects about 0.6 of the light, very dark skin about 0.07, a ninth of it."""
    dark = recognizer.prepare(portraits.less_reflecting(portrait, factor), purpose=purpose)
    assert dark.quality.brightness < plain.quality.brightness
    assert dark.quality.sharpness > 0.5 * plain.quality.sharpness


@pytest.mark.parametrize("purpose", BOTH)
def test_light_skin_in_good_light_is_not_too_bright(recognizer: Recognizer, portrait: Pixels, purpose: Purpose) -> None:
    lighter = np.clip(255 * (portrait / 255.0) ** 0.7, 0, 250).astype(np.uint8)
    recognizer.prepare(lighter, purpose=purpose)


@pytest.mark.parametrize(
    ("purpose", "light", "refused"),
    [
        (Purpose.CHECK_IN, 0.10, False),
        (Purpose.CHECK_IN, 0.04, True),
        (Purpose.ENROLMENT, 0.30, False),
        (Purpose.ENROLMENT, 0.10, True),
    ],
)
def test_an_underexposed_face_is_too_dark(
    recognizer: Recognizer, portrait: Pixels, purpose: Purpose, light: float, refused: bool
) -> None:
    dark = portraits.less_light(portrait, light)
    if refused:
        with pytest.raises(errors.TooDark):
            recognizer.prepare(dark, purpose=purpose)
    else:
        recognizer.prepare(dark, purpose=purpose)


def test_an_underexposed_face_is_lightened_before_it_is_encoded(recognizer: Recognizer, portrait: Pixels) -> None:
    reference = recognizer.embed_image(portrait, purpose=None).embedding.vector
    dark = portraits.less_light(portrait, 0.08)
    crop = alignment.crop(dark, recognizer.prepare(dark, purpose=None).face.landmarks)
    as_it_came = float(recognizer._encoder.encode(crop[None])[0] @ reference)
    lightened = float(recognizer.embed_image(dark, purpose=None).embedding.vector @ reference)
    assert lightened > 0.88
    assert lightened > as_it_came + 0.05


@pytest.mark.parametrize("purpose", BOTH)
def test_a_burnt_out_face_is_too_bright(recognizer: Recognizer, purpose: Purpose, hopper_jpeg: bytes) -> None:
    burnt = np.clip(image.decode(hopper_jpeg).astype(np.float64) * 3, 0, 255).astype(np.uint8)
    with pytest.raises(errors.TooBright) as refused:
        recognizer.prepare(burnt, purpose=purpose)
    assert refused.value.facts["burnt_out"] == pytest.approx(0.58, abs=0.2)


@pytest.mark.parametrize("purpose", BOTH)
def test_a_blurred_face_is_refused(recognizer: Recognizer, portrait: Pixels, plain: Prepared, purpose: Purpose) -> None:
    blurred = portraits.blurred(to_width(portrait, plain, 120), 6)
    with pytest.raises(errors.TooBlurred) as refused:
        recognizer.prepare(blurred, purpose=purpose)
    assert float(str(refused.value.facts["sharpness"])) < float(str(refused.value.facts["limit"]))


def test_sharpness_does_not_depend_on_the_tone_of_the_skin(recognizer: Recognizer, portrait: Pixels) -> None:
    for sigma in (0.5, 1.0):
        light = portraits.blurred(portrait, sigma)
        seen = [recognizer.prepare(each, purpose=None) for each in (light, portraits.less_light(light, 0.3))]
        assert seen[1].quality.sharpness == pytest.approx(seen[0].quality.sharpness, rel=0.15)


@pytest.mark.parametrize(("purpose", "least"), [(Purpose.ENROLMENT, 64), (Purpose.CHECK_IN, 40)])
def test_each_purpose_has_its_own_least_size(
    recognizer: Recognizer, portrait: Pixels, plain: Prepared, purpose: Purpose, least: int
) -> None:
    recognizer.prepare(to_width(portrait, plain, 1.2 * least), purpose=purpose)
    with pytest.raises(errors.FaceTooSmall) as refused:
        recognizer.prepare(to_width(portrait, plain, 0.75 * least), purpose=purpose)
    assert refused.value.facts["limit_pixels"] == least


@pytest.mark.parametrize("edge", ["left", "top", "right", "bottom"])
@pytest.mark.parametrize("purpose", BOTH)
def test_a_face_cut_by_an_edge_is_refused_and_the_edge_named(
    recognizer: Recognizer, portrait: Pixels, plain: Prepared, purpose: Purpose, edge: str
) -> None:
    with pytest.raises(errors.FaceCutOff) as refused:
        recognizer.prepare(portraits.cut(portrait, plain.face, edge=edge, share=0.42), purpose=purpose)
    assert refused.value.facts["edge"] == edge


@pytest.mark.parametrize("edge", ["left", "top", "right", "bottom"])
def test_an_edge_beside_the_face_is_accepted(
    recognizer: Recognizer, portrait: Pixels, plain: Prepared, edge: str
) -> None:
    recognizer.prepare(portraits.cut(portrait, plain.face, edge=edge, share=-0.05), purpose=Purpose.ENROLMENT)


def with_nose(nose: tuple[float, float]) -> Face:
    moved = alignment.TEMPLATE.copy() + 50
    moved[2] += nose
    return Face(Box(60, 60, 80, 90), moved.astype(np.float32), 0.95)


@pytest.mark.parametrize(
    ("nose", "axis", "sign"),
    [((14, 0), "yaw_degrees", 1), ((-14, 0), "yaw_degrees", -1), ((0, 10), "pitch_degrees", 1)],
)
def test_the_pose_follows_the_place_of_the_nose(nose: tuple[float, float], axis: str, sign: int) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (220, 220, 3), dtype=np.uint8)
    face = with_nose(nose)
    measured = quality.measure(picture, face, crop=alignment.crop(picture, face.landmarks))
    assert sign * getattr(measured, axis) > 20


@pytest.mark.parametrize("purpose", BOTH)
def test_a_head_turned_too_far_is_refused(purpose: Purpose) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (220, 220, 3), dtype=np.uint8)
    face = with_nose((34, 0))
    crop = alignment.crop(picture, face.landmarks)
    measured = quality.measure(picture, face, crop=crop)
    with pytest.raises(errors.TurnedAway) as refused:
        quality.check(measured, face=face, image=picture, crop=crop, purpose=purpose)
    assert refused.value.facts["yaw_degrees"] == measured.yaw_degrees


def test_every_limit_of_enrolment_is_stricter_than_that_of_a_check_in() -> None:
    strict, lenient = (quality.LIMITS[purpose] for purpose in (Purpose.ENROLMENT, Purpose.CHECK_IN))
    for name in quality.Limits.__slots__:
        asked, given = getattr(strict, name), getattr(lenient, name)
        assert asked > given if name.startswith("least") else asked < given
