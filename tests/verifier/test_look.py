"""Live preview: faces, hints and cost."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from tests.verifier import portraits
from tests.verifier.pictures import Pixels
from verifier import errors, image
from verifier.recognizer import Recognizer
from verifier.values import Purpose


@pytest.fixture(scope="module")
def portrait(hopper_jpeg: bytes) -> Pixels:
    return image.decode(hopper_jpeg)


def frame(portrait: Pixels, *, width_pixels: float) -> bytes:
    """Return a frame of 320 pixels, as the kiosk posts it, with a face of this width in the middle."""
    small = portraits.scaled(portrait, width_pixels / 175)
    wall = np.full((240, 320, 3), 120, np.uint8)
    height, width = min(240, small.shape[0]), min(320, small.shape[1])
    top = (small.shape[0] - height) // 2
    left = (320 - width) // 2
    wall[240 - height :, left : left + width] = small[top : top + height, (small.shape[1] - width) // 2 :][:, :width]
    return image.jpeg(wall, quality=85)


def test_a_good_frame_has_a_face_and_no_hint(recognizer: Recognizer, portrait: Pixels) -> None:
    seen = recognizer.look(frame(portrait, width_pixels=70))
    assert (seen.width_pixels, seen.height_pixels) == (320, 240)
    (face,) = seen.faces
    assert face.box.width == pytest.approx(70, rel=0.15)
    assert seen.hint is None


def test_an_empty_frame_has_no_hint_and_a_dark_one_asks_for_light(recognizer: Recognizer) -> None:
    assert recognizer.look(image.jpeg(np.full((240, 320, 3), 120, np.uint8), quality=85)).hint is None
    seen = recognizer.look(image.jpeg(np.full((240, 320, 3), 8, np.uint8), quality=85))
    assert (seen.faces, seen.hint) == ((), "more_light")


def test_each_cause_has_its_own_hint(recognizer: Recognizer, portrait: Pixels) -> None:
    good = image.decode(frame(portrait, width_pixels=70))
    two = np.concatenate([good[:, 60:220], good[:, 60:220]], axis=1)
    causes = {
        "closer": frame(portrait, width_pixels=24),
        "further": image.jpeg(np.ascontiguousarray(portrait[80:310, 150:380]), quality=85),
        "one_at_a_time": image.jpeg(np.ascontiguousarray(two), quality=85),
        "more_light": image.jpeg(portraits.less_light(good, 0.06), quality=95),
        "hold_still": image.jpeg(portraits.blurred(good, 4), quality=85),
    }
    assert {cause: recognizer.look(data).hint for cause, data in causes.items()} == {cause: cause for cause in causes}


def test_a_frame_that_is_no_picture_is_refused(recognizer: Recognizer) -> None:
    with pytest.raises(errors.BadImage):
        recognizer.look(b"no frame")


def test_a_preview_costs_less_than_an_embedding(recognizer: Recognizer, portrait: Pixels) -> None:
    """Both times are of this thread, so that a slow or busy machine slows both."""
    data = frame(portrait, width_pixels=70)
    looking = thread_seconds(lambda: recognizer.look(data))
    embedding = thread_seconds(lambda: recognizer.embed(data, purpose=Purpose.CHECK_IN))
    assert looking < 0.6 * embedding


def thread_seconds(action: Callable[[], object]) -> float:
    """Return the least of several durations, in seconds of this thread."""
    spent = []
    for _ in range(9):
        started = time.thread_time()
        action()
        spent.append(time.thread_time() - started)
    return min(spent)
