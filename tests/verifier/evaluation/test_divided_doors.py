"""On photos of people never seen, a door of 100 people among 1,000 keeps its promise and knows its own more readily."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import divided
from benchmarks.divided import Door
from verifier.evaluation import photos
from verifier.evaluation.photos import Album

pytestmark = [pytest.mark.dataset, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def doors(lfw: Path, album: Album) -> list[Door]:
    same = photos.read_label_errors(lfw / "label_errors.csv")
    return divided.doors(album, same_person=same, own=100, everybody=1000, splits=20, draws=20)


def test_strangers_are_let_in_no_more_often_than_promised_over_both_parts(doors: list[Door]) -> None:
    often, seldom = divided.trial(doors, target=0.01), divided.trial(doors, target=0.001)
    assert often.strangers > 8_000
    assert often.stranger_rate <= 1.3 * 0.01
    assert seldom.stranger_rate <= 0.002


def test_own_people_are_refused_less_often_than_at_a_door_that_searches_everybody(doors: list[Door]) -> None:
    found, whole = divided.trial(doors, target=0.001), divided.undivided(doors, target=0.001)
    assert found.own_refused / found.own < whole.refused_rate - 0.02
    assert found.misnamed / (found.own + found.guests) <= 0.001
