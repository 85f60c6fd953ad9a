"""Does one picture become one point, whatever the route, and no point at all when it should not?"""

from __future__ import annotations

import numpy as np
import pytest

from verifier import errors, image
from verifier.recognizer import Recognizer
from verifier.values import Purpose


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
def test_no_face_means_no_vector(recognizer: Recognizer, purpose: Purpose) -> None:
    wall = np.full((480, 640, 3), 170, np.uint8)
    with pytest.raises(errors.NoFace):
        recognizer.embed(image.jpeg(wall, quality=90), purpose=purpose)
