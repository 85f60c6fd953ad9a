"""Backlight and covered eyes are seen for what they are; dark skin, a dim wall and open eyes are neither."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from benchmarks import hindrances as drawings
from tests.verifier import portraits
from tests.verifier.pictures import Pixels
from verifier import image
from verifier.faces import hindrances
from verifier.recognizer import Recognizer
from verifier.values import Face

Find = Callable[[Pixels], str | None]
SEEDS = range(4)


@pytest.fixture(scope="module", params=["astronaut_jpeg", "hopper_jpeg"])
def portrait(request: pytest.FixtureRequest) -> Pixels:
    return portraits.scaled(image.decode(request.getfixturevalue(request.param)), 0.6)


@pytest.fixture(scope="module")
def face(recognizer: Recognizer, portrait: Pixels) -> Face:
    return recognizer.prepare(portrait, purpose=None).face


@pytest.fixture(scope="module")
def find(recognizer: Recognizer) -> Find:
    return lambda picture: hindrances.find(picture, recognizer.embed_image(picture, purpose=None))


def on_white(portrait: Pixels, face: Face) -> Pixels:
    """Return the portrait before a white wall in the same light."""
    height, width = portrait.shape[:2]
    down, across = np.mgrid[:height, :width]
    box = face.box
    x, y = (across - box.left - box.width / 2) / box.width, (down - box.top - box.height / 2) / box.height
    person = ((x / 0.95) ** 2 + (y / 0.95) ** 2 < 1) | (y > 0.6)
    return np.where(person[:, :, None], portrait, 245).astype(np.uint8)


def test_an_ordinary_portrait_needs_no_hint(find: Find, portrait: Pixels) -> None:
    assert find(portrait) is None


@pytest.mark.parametrize("seed", SEEDS)
def test_a_window_behind_is_seen(find: Find, portrait: Pixels, face: Face, seed: int) -> None:
    drawn = np.random.default_rng(seed)
    assert find(drawings.before_window(portrait, face.landmarks, drawn=drawn)) == hindrances.BACKLIGHT


@pytest.mark.parametrize("seed", SEEDS)
def test_sunglasses_are_seen(find: Find, portrait: Pixels, face: Face, seed: int) -> None:
    drawn = np.random.default_rng(seed)
    assert find(drawings.with_sunglasses(portrait, face.landmarks, drawn=drawn)) == hindrances.EYES_COVERED


@pytest.mark.parametrize("factor", [0.6, 0.3, 0.15])
def test_dark_skin_before_a_white_wall_is_not_backlit(find: Find, portrait: Pixels, face: Face, factor: float) -> None:
    assert find(on_white(portraits.less_reflecting(portrait, factor), face)) is None


@pytest.mark.parametrize("light", [0.5, 0.25, 0.12])
def test_a_dark_room_is_no_backlight(find: Find, portrait: Pixels, light: float) -> None:
    assert find(portraits.less_light(portrait, light)) is None


def test_a_sideways_picture_is_judged_upright(find: Find, portrait: Pixels, face: Face) -> None:
    covered = drawings.with_sunglasses(portrait, face.landmarks, drawn=np.random.default_rng(0))
    lit = drawings.before_window(portrait, face.landmarks, drawn=np.random.default_rng(0))
    for quarters in (1, 3):
        assert find(np.ascontiguousarray(np.rot90(portrait, quarters))) is None
        assert find(np.ascontiguousarray(np.rot90(covered, quarters))) == hindrances.EYES_COVERED
        assert find(np.ascontiguousarray(np.rot90(lit, quarters))) == hindrances.BACKLIGHT
