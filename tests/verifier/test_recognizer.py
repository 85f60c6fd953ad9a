"""Recognizer: one picture gives one vector on every route, or a refusal."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from tests.verifier import pictures, portraits
from tests.verifier.pictures import Pixels
from verifier import errors, image
from verifier.recognizer import Recognizer
from verifier.values import FloatArray, Purpose


def test_a_portrait_gives_a_unit_vector_with_its_encoder(recognizer: Recognizer, astronaut_jpeg: bytes) -> None:
    seen = recognizer.embed(astronaut_jpeg, purpose=Purpose.ENROLMENT)
    assert seen.embedding.vector.shape == (128,)
    assert seen.embedding.vector.dtype == np.float32
    assert np.linalg.norm(seen.embedding.vector) == pytest.approx(1, abs=1e-6)
    assert seen.embedding.encoder == recognizer.encoder_name == recognizer.card.name
    assert (seen.turned_degrees, seen.others) == (0, 0)
    assert seen.crop.shape == (112, 112, 3)


def test_two_strangers_are_far_apart(recognizer: Recognizer, astronaut_jpeg: bytes, hopper_jpeg: bytes) -> None:
    one, other = (
        recognizer.embed(data, purpose=Purpose.CHECK_IN).embedding.vector for data in (astronaut_jpeg, hopper_jpeg)
    )
    assert float(one @ other) < 0.3


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_picture_without_a_face_is_refused(recognizer: Recognizer, purpose: Purpose) -> None:
    wall = np.full((480, 640, 3), 170, np.uint8)
    with pytest.raises(errors.NoFace):
        recognizer.embed(image.jpeg(wall, quality=90), purpose=purpose)


@pytest.fixture(scope="module", params=["astronaut_jpeg", pytest.param("hopper_jpeg", marks=pytest.mark.slow)])
def portrait(request: pytest.FixtureRequest) -> Pixels:
    return image.decode(request.getfixturevalue(request.param))


def vector(recognizer: Recognizer, data: bytes, *, purpose: Purpose = Purpose.CHECK_IN) -> FloatArray:
    return recognizer.embed(data, purpose=purpose).embedding.vector


def test_every_purpose_gives_the_same_embedding(recognizer: Recognizer, portrait: Pixels) -> None:
    data = image.jpeg(portrait, quality=90)
    checked_in = vector(recognizer, data)
    assert np.array_equal(checked_in, vector(recognizer, data, purpose=Purpose.ENROLMENT))
    assert np.array_equal(checked_in, vector(recognizer, data))
    assert np.array_equal(checked_in, recognizer.embed_image(image.decode(data), purpose=None).embedding.vector)


def test_the_face_of_a_named_photo_is_a_large_one_even_when_a_small_one_is_central(
    recognizer: Recognizer, astronaut_jpeg: bytes, hopper_jpeg: bytes
) -> None:
    scene = np.full((720, 1280, 3), 170, np.uint8)
    large = portraits.scaled(image.decode(astronaut_jpeg), 1.4)
    small = portraits.scaled(image.decode(hopper_jpeg), 0.4)
    scene[: len(large), : large.shape[1]] = large
    scene[330 : 330 + len(small), 720 : 720 + small.shape[1]] = small
    found = recognizer.embed_image(scene, purpose=None)
    assert found.others == 1
    assert float(found.embedding.vector @ vector(recognizer, astronaut_jpeg)) > 0.8


def test_a_refusal_does_not_change_later_embeddings(recognizer: Recognizer, portrait: Pixels) -> None:
    before = vector(recognizer, image.jpeg(portrait, quality=90))
    for wrong in (b"", image.jpeg(np.zeros((90, 900, 3), np.uint8), quality=90)):
        with pytest.raises(errors.Refusal):
            recognizer.embed(wrong, purpose=Purpose.ENROLMENT)
    assert np.array_equal(before, vector(recognizer, image.jpeg(portrait, quality=90)))


def test_threads_get_the_vectors_of_their_own_picture(
    recognizer: Recognizer, astronaut_jpeg: bytes, hopper_jpeg: bytes
) -> None:
    alone = [vector(recognizer, data) for data in (astronaut_jpeg, hopper_jpeg)] * 3
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda data: vector(recognizer, data), (astronaut_jpeg, hopper_jpeg) * 3))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


@pytest.mark.parametrize("orientation", range(2, 9))
@pytest.mark.slow
def test_every_exif_orientation_gives_a_similar_embedding(
    recognizer: Recognizer, portrait: Pixels, orientation: int
) -> None:
    upright = vector(recognizer, pictures.with_orientation(portrait, 1))
    turned = recognizer.embed(pictures.with_orientation(portrait, orientation), purpose=Purpose.ENROLMENT)
    assert turned.turned_degrees == 0
    assert float(upright @ turned.embedding.vector) >= 0.99


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.slow
def test_a_turned_picture_without_a_tag_gives_the_same_embedding(
    recognizer: Recognizer, portrait: Pixels, quarters: int
) -> None:
    data = pictures.written(np.ascontiguousarray(np.rot90(portrait, quarters)), "PNG")
    seen = recognizer.embed(data, purpose=Purpose.CHECK_IN)
    assert seen.turned_degrees == 90 * quarters
    assert (seen.height_pixels, seen.width_pixels) == portrait.shape[:2]
    upright = vector(recognizer, pictures.written(portrait, "PNG"))
    assert np.array_equal(seen.embedding.vector, upright)


def test_cmyk_gives_a_similar_embedding(recognizer: Recognizer, portrait: Pixels) -> None:
    rgb = vector(recognizer, pictures.written(portrait, "JPEG", quality=95))
    inks = Image.fromarray(portrait).convert("CMYK")
    inverted = pictures.written(inks, "JPEG", quality=95)
    other = Image.fromarray(255 - np.asarray(inks), mode="CMYK")
    plain = pictures.without_adobe_mark(pictures.written(other, "JPEG", quality=95))
    for data in (inverted, plain, pictures.written(inks, "TIFF")):
        assert float(rgb @ vector(recognizer, data)) >= 0.98


def test_sixteen_bit_grey_gives_the_same_embedding(recognizer: Recognizer, portrait: Pixels) -> None:
    grey = pictures.stepped_grey(portrait)
    eight = vector(recognizer, pictures.written(grey, "PNG"))
    deep = grey.astype(np.uint16) * 257
    big = Image.frombytes("I;16B", grey.shape[::-1], deep.astype(">u2").tobytes())
    for data in (
        pictures.written(Image.fromarray(deep), "PNG"),
        pictures.written(Image.fromarray(deep), "TIFF"),
        pictures.written(big, "TIFF"),
    ):
        assert np.array_equal(eight, vector(recognizer, data))


@pytest.mark.slow
def test_every_file_format_gives_a_similar_embedding(recognizer: Recognizer, portrait: Pixels) -> None:
    portrait = portraits.around(portrait, recognizer.prepare(portrait, purpose=None).face, reach=2)
    rgb = vector(recognizer, pictures.written(portrait, "PNG"))
    picture = Image.fromarray(portrait)
    with_alpha = picture.copy()
    with_alpha.putalpha(255)
    film = {"save_all": True, "append_images": [Image.new("RGB", picture.size)]}
    for least, data in (
        (0.9, pictures.written(picture.quantize(255), "PNG")),
        (0.9, pictures.written(picture, "GIF", **film)),
        (0.999, pictures.written(with_alpha, "PNG")),
        (0.999, pictures.written(picture, "PNG", **film)),
        (0.95, pictures.written(picture, "MPO", quality=95, **film)),
        (0.95, pictures.written(picture, "WEBP", quality=95)),
        (0.95, pictures.written(picture, "AVIF", quality=95)),
        (0.95, pictures.written(picture, "HEIF", quality=95)),
    ):
        assert float(rgb @ vector(recognizer, data)) >= least


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_one_bit_picture_has_no_face(recognizer: Recognizer, portrait: Pixels, purpose: Purpose) -> None:
    for dither in (Image.Dither.FLOYDSTEINBERG, Image.Dither.NONE):
        one_bit = Image.fromarray(portrait).convert("1", dither=dither)
        with pytest.raises(errors.NoFace):
            recognizer.embed(pictures.written(one_bit, "PNG"), purpose=purpose)


def test_swapping_red_and_blue_changes_the_embedding(recognizer: Recognizer, portrait: Pixels) -> None:
    as_is = vector(recognizer, pictures.written(portrait, "PNG"))
    swapped = vector(recognizer, pictures.written(np.ascontiguousarray(portrait[:, :, ::-1]), "PNG"))
    assert float(as_is @ swapped) < 0.98


def test_a_face_that_fills_the_picture_gives_a_similar_embedding(recognizer: Recognizer, portrait: Pixels) -> None:
    seen = recognizer.embed_image(portrait, purpose=Purpose.ENROLMENT)
    filled = portraits.around(portrait, seen.face, reach=1.15)
    for wide_pixels in (200, 900):
        larger = portraits.scaled(filled, wide_pixels / filled.shape[1])
        near = recognizer.embed_image(larger, purpose=Purpose.ENROLMENT)
        assert float(near.embedding.vector @ seen.embedding.vector) > 0.9


def test_a_small_face_in_a_large_picture_gives_a_similar_embedding(recognizer: Recognizer, portrait: Pixels) -> None:
    seen = recognizer.embed_image(portrait, purpose=Purpose.CHECK_IN)
    small = portraits.on_wall(portraits.scaled(portrait, 45 / seen.face.box.width), height=960)
    found = recognizer.embed_image(small, purpose=Purpose.CHECK_IN)
    assert float(found.embedding.vector @ seen.embedding.vector) > 0.85


def test_a_second_face_is_ignored_at_check_in_and_refused_at_enrolment(
    recognizer: Recognizer, astronaut_jpeg: bytes, hopper_jpeg: bytes
) -> None:
    near, far = image.decode(hopper_jpeg), image.decode(astronaut_jpeg)
    two = portraits.on_wall(near, far)
    seen = recognizer.embed_image(two, purpose=Purpose.CHECK_IN)
    assert seen.others == 1
    assert float(seen.embedding.vector @ vector(recognizer, hopper_jpeg)) > 0.9
    with pytest.raises(errors.SeveralFaces) as refused:
        recognizer.embed_image(two, purpose=Purpose.ENROLMENT)
    assert refused.value.facts["faces"] == 2


@pytest.mark.parametrize("quarters", [0, 1, 2])
def test_each_face_of_several_can_be_chosen(
    recognizer: Recognizer, astronaut_jpeg: bytes, hopper_jpeg: bytes, quarters: int
) -> None:
    two = portraits.on_wall(image.decode(hopper_jpeg), image.decode(astronaut_jpeg))
    data = pictures.written(np.ascontiguousarray(np.rot90(two, quarters)), "PNG")
    subjects = recognizer.subjects(data)
    assert len(subjects.faces) == 2
    for face, alone in zip(subjects.faces, (hopper_jpeg, astronaut_jpeg), strict=True):
        chosen = recognizer.embed(data, purpose=Purpose.ENROLMENT, place=subjects.place(face))
        assert float(chosen.embedding.vector @ vector(recognizer, alone)) > 0.9
    with pytest.raises(errors.SeveralFaces):
        recognizer.embed(data, purpose=Purpose.ENROLMENT, place=(0.01, 0.01))


@pytest.mark.parametrize(("scale", "is_clear"), [(0.9, True), (1.1, False), (2.0, False)])
def test_a_main_subject_is_clear_when_the_others_are_below_half_its_width(
    recognizer: Recognizer, astronaut_jpeg: bytes, hopper_jpeg: bytes, scale: float, is_clear: bool
) -> None:
    beside = portraits.scaled(image.decode(astronaut_jpeg), scale * 0.97)  # its face is 90 pixels wide, the other 175
    subjects = recognizer.subjects(
        pictures.written(portraits.on_wall(image.decode(hopper_jpeg), beside, width=1700, height=1100), "PNG")
    )
    assert len(subjects.faces) == 2
    assert (subjects.main is subjects.faces[0]) == is_clear


@pytest.mark.parametrize("purpose", list(Purpose))
def test_three_faces_of_similar_size_are_refused(
    recognizer: Recognizer, astronaut_jpeg: bytes, purpose: Purpose
) -> None:
    one = image.decode(astronaut_jpeg)
    three = portraits.on_wall(one, one[:, ::-1], portraits.scaled(one, 0.95), width=1600)
    with pytest.raises(errors.SeveralFaces) as refused:
        recognizer.embed_image(three, purpose=purpose)
    assert refused.value.facts["faces"] == 3


def test_skin_without_a_face_is_refused(recognizer: Recognizer, portrait: Pixels) -> None:
    """A forehead and a neck, which other systems recognize as a person at 92 %."""
    box = recognizer.embed_image(portrait, purpose=None).face.box
    left, right = round(box.left), round(box.right)
    forehead = portrait[max(0, round(box.top - 0.3 * box.height)) : round(box.top + 0.25 * box.height), left:right]
    neck = portrait[round(box.bottom + 0.1 * box.height) : round(box.bottom + 1.1 * box.height), left:right]
    for skin in (forehead, neck):
        for purpose in Purpose:
            with pytest.raises(errors.Refusal):
                recognizer.embed_image(np.ascontiguousarray(skin), purpose=purpose)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_dark_picture_is_refused_with_its_brightness(recognizer: Recognizer, purpose: Purpose) -> None:
    with pytest.raises(errors.NoFace) as refused:
        recognizer.embed_image(np.full((480, 640, 3), 5, np.uint8), purpose=purpose)
    assert refused.value.facts["brightness"] == pytest.approx(0.02, abs=0.005)
