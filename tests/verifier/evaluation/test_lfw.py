"""Published figures on 6,526 photos, and the promise to the operator for people never seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import open_set
from benchmarks.open_set import Case
from verifier import __main__ as shell
from verifier.calibration import Calibration
from verifier.evaluation import calibrating, pairs, photos
from verifier.evaluation.identification import Tally
from verifier.evaluation.photos import Album
from verifier.recognizer import Recognizer

pytestmark = [pytest.mark.dataset, pytest.mark.timeout(3600)]


def evaluated(lfw: Path, kept: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, object]:
    words = ["evaluate", str(lfw / "images"), "--ignore", str(lfw / "label_errors.csv"), "--json"]
    assert shell.main([*words, "--pairs", str(lfw / "pairs.csv"), "--embeddings", str(kept), *more]) == 0
    report: dict[str, object] = json.loads(capsys.readouterr().out)
    return report


def test_figures_with_at_most_ten_photos_per_person(lfw: Path, kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = evaluated(lfw, kept, capsys, "--most-per-person", "10")
    assert (report["images"], report["missed"]) == (5203, 0)
    assert report["impostor_pairs"] == pytest.approx(13.53e6, abs=1e4)
    assert report["tar_at_far"] == pytest.approx({"1e-04": 0.982, "1e-05": 0.964, "1e-06": 0.936}, abs=0.003)
    assert report["accuracy"] == pytest.approx(0.992, abs=0.002)


def test_figures_with_every_photo(lfw: Path, kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = evaluated(lfw, kept, capsys)
    assert (report["images"], report["missed"]) == (6526, 0)
    assert report["tar_at_far"] == pytest.approx({"1e-04": 0.996, "1e-05": 0.990, "1e-06": 0.981}, abs=0.003)


def test_the_shipped_table_is_the_one_that_the_code_fits(lfw: Path, album: Album, recognizer: Recognizer) -> None:
    few = album.only(photos.find(lfw / "images", most_per_person=10))
    ignored = photos.read_label_errors(lfw / "label_errors.csv")
    fitted = calibrating.fit(pairs.compare(few.vectors, people=few.people, same_person=ignored), data="")
    assert recognizer.card.calibration is not None
    shipped = Calibration.from_card(recognizer.card.calibration)
    for rate in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6):
        assert shipped.distance_at(rate) == pytest.approx(fitted.distance_at(rate), abs=0.002)
    assert shipped.smallest_supported_rate == pytest.approx(fitted.smallest_supported_rate, rel=0.15)


@pytest.fixture(scope="module")
def tallies(lfw: Path, album: Album) -> dict[Case, Tally]:
    return open_set.run(album, same_person=photos.read_label_errors(lfw / "label_errors.csv"))


@pytest.mark.parametrize("enrolled", open_set.SIZES)
def test_strangers_are_let_in_no_more_often_than_promised(tallies: dict[Case, Tally], enrolled: int) -> None:
    assert tallies[Case(enrolled, 0.01)].stranger_rate <= 1.5 * 0.01
    assert tallies[Case(enrolled, 0.001)].stranger_rate <= 0.002


@pytest.mark.parametrize(("enrolled", "most"), [(100, 0.06), (300, 0.09), (1000, 0.13)])
def test_the_enrolled_are_refused_no_more_often_than_documented(
    tallies: dict[Case, Tally], enrolled: int, most: float
) -> None:
    assert tallies[Case(enrolled, 0.001)].refused_rate <= most


@pytest.mark.parametrize("enrolled", open_set.SIZES)
def test_the_enrolled_are_seldom_ambiguous(tallies: dict[Case, Tally], enrolled: int) -> None:
    assert tallies[Case(enrolled, 0.001)].ambiguous_rate < 0.005
