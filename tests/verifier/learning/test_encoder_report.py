"""Reports on encoders, over folders, arrays, lists of pairs and signatures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from verifier import __main__ as command_line

STROKES = {
    "1": [(80, 40), (78, 160)],
    "7": [(30, 40), (110, 40), (60, 160)],
    "4": [(90, 170), (90, 40), (30, 120), (130, 120)],
}


def sheet(strokes: list[tuple[int, int]], *, moved: int = 0, ink: int = 30, thick: int = 11) -> NDArray[np.uint8]:
    page = np.full((200, 160), 240, np.uint8)
    corners = np.array(strokes, np.int32) + moved
    cv2.polylines(page, [corners], isClosed=False, color=ink, thickness=thick, lineType=cv2.LINE_AA)
    return page


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """Two writers with a file per digit, and three of each digit."""
    for writer in ("anna", "ben"):
        (tmp_path / "set" / writer).mkdir(parents=True)
        for name, strokes in STROKES.items():
            for row in range(3):
                picture = sheet(strokes, moved=3 * row, thick=9 + row)
                cv2.imwrite(str(tmp_path / "set" / writer / f"{name}_{row}.png"), picture)
    return tmp_path / "set"


def evaluated(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert command_line.main(["evaluate", *words, "--json"]) == 0
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


@pytest.mark.slow
def test_classes_are_read_from_file_names(digits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = evaluated(capsys, str(digits), "--encoder", "digits", "--class-from", "file")
    assert report["class_names"] == ["1", "4", "7"]
    assert report["verification"]["area_under_curve"] == 1.0
    assert set(report["identification"]) == {
        f"3-way, {count} reference{'s' if count > 1 else ''}" for count in range(1, 6)
    }
    assert list(report["verification"]["true_accept_at_false_accept"]) == ["0.01", "0.001", "0.0001", "1e-05", "1e-06"]
    assert report["verification"]["true_accept_at_false_accept"]["1e-06"] is None
    assert "data support only" in report["verification"]["data_support"]
    assert report["open_set"]["1"]["false_negative_identification_rate"] == 0.0


@pytest.mark.slow
def test_the_report_draws_its_plots(digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [str(digits), "--encoder", "digits", "--class-from", "file", "--pictures", str(tmp_path / "drawn")]
    report = evaluated(capsys, *words)
    assert [Path(name).name for name in report["drawn"]] == [
        "distances.png", "curves.png", "embedding.png", "hardest.png",
    ]  # fmt: skip
    assert all(Path(name).read_bytes().startswith(b"\x89PNG") for name in report["drawn"])


@pytest.mark.parametrize("dark_on_light", [False, True])
@pytest.mark.parametrize("shape", ["rows", "channel first", "shares"])
@pytest.mark.slow
def test_arrays_of_usual_shapes_and_depths_are_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], shape: str, dark_on_light: bool
) -> None:
    """The arrays are 28 by 28, of the usual shapes and depths; dark ink on light paper is prepared like a photo."""
    pages = [sheet(strokes, moved=3 * row) for strokes in STROKES.values() for row in range(3)]
    small = np.stack([cv2.resize(page, (28, 28), interpolation=cv2.INTER_AREA) for page in pages])
    given: NDArray[Any] = small if dark_on_light else 240 - small
    if shape == "rows":
        given = given.reshape(9, 784).astype(np.int64)
    elif shape == "channel first":
        given = given[:, None]
    else:
        given = given.astype(np.float64) / 255
    np.savez(tmp_path / "mine.npz", images=given, labels=np.repeat(list(STROKES), 3))
    report = evaluated(capsys, str(tmp_path / "mine.npz"), "--encoder", "digits")
    assert (report["pictures"], report["class_names"]) == (9, ["1", "4", "7"])
    assert report["verification"]["area_under_curve"] == 1.0


@pytest.mark.parametrize(
    "depth",
    [
        "counts to 16",
        pytest.param("eight bits", marks=pytest.mark.slow),
        pytest.param("black and white", marks=pytest.mark.slow),
        pytest.param("from -1 to 1", marks=pytest.mark.slow),
    ],
)
@pytest.mark.slow
def test_the_digits_of_scikit_learn_are_measured_at_every_depth(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], depth: str
) -> None:
    """The pictures are eight pixels wide, with ink up to the rim, in the original and other depths."""
    known = load_digits()
    rows = np.arange(0, 400)
    values = known.data[rows]
    if depth == "eight bits":
        values = (known.images[rows] * 255 / 16).round().astype(np.uint8)
    elif depth == "from -1 to 1":
        values = (known.images[rows] / 8 - 1).astype(np.float32)
    elif depth == "black and white":
        values = (known.images[rows] > 6).astype(np.uint8)
    np.savez(tmp_path / "digits.npz", data=values, target=known.target[rows])
    report = evaluated(capsys, str(tmp_path / "digits.npz"), "--encoder", "digits")
    assert (report["pictures"], report["skipped"]) == (400, [])
    assert report["verification"]["area_under_curve"] > (0.95 if depth == "black and white" else 0.985)


@pytest.mark.slow
def test_classes_with_one_picture_are_counted(digits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (digits / "ben" / "9_0.png").write_bytes((digits / "ben" / "4_1.png").read_bytes())
    (digits / "ben" / "empty_0.png").write_bytes(b"")
    report = evaluated(capsys, str(digits), "--encoder", "digits", "--class-from", "file")
    assert report["classes_with_one_picture"] == 1
    assert report["skipped"] == ["ben/empty_0.png: invalid_image"]


def test_a_list_of_pairs_is_measured(digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("anna/1_0.png", "ben/1_1.png", 1), ("anna/7_0.png", "ben/7_2.png", 1)] * 10
    rows += [("anna/1_0.png", "ben/7_1.png", 0), ("anna/7_0.png", "ben/4_2.png", 0)] * 10
    rows += [("anna/1_0.png", "nowhere.png", 0)]
    listed = tmp_path / "pairs.csv"
    listed.write_text("first,second,same\n" + "".join(f"{one},{two},{same}\n" for one, two, same in rows))
    report = evaluated(capsys, str(digits), "--encoder", "digits", "--pairs", str(listed))
    found = report["listed_pairs"]
    assert (found["pairs"], found["left_out"], found["genuine_pairs"], found["impostor_pairs"]) == (40, 1, 20, 20)
    assert (found["ten_fold_accuracy"], found["area_under_curve"], found["equal_error"]) == (1.0, 1.0, 0.0)
    assert found["true_accept_at_false_accept"]["0.01"] is None


def test_the_official_list_is_measured_by_its_folds(
    digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, strokes in STROKES.items():
        (tmp_path / "lfw" / name).mkdir(parents=True)
        for row in (1, 2):
            cv2.imwrite(str(tmp_path / "lfw" / name / f"{name}_{row:04d}.jpg"), sheet(strokes, moved=4 * row))
    fold = ["1\t1\t2", "7\t1\t2", "4\t1\t7\t1", "4\t2\t7\t2"]
    (tmp_path / "pairs.txt").write_text("\n".join(["10\t2", *(fold * 10)]) + "\n")
    report = evaluated(capsys, str(tmp_path / "lfw"), "--encoder", "digits", "--pairs", str(tmp_path / "pairs.txt"))
    assert report["listed_pairs"]["official_accuracy"] == 1.0
    assert report["listed_pairs"]["standard_error"] == 0.0
    assert report["identification"]["3-way, 1 reference"] == 1.0


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    """Three signers; forgeries have the same form in darker ink."""
    generator = np.random.default_rng(0)
    for signer, strokes in (("01", STROKES["1"]), ("02", STROKES["7"]), ("03", STROKES["4"])):
        for kind, ink, count in ((signer, 130, 4), (f"{signer}_forg", 20, 3)):
            (tmp_path / "signed" / kind).mkdir(parents=True)
            for row in range(count):
                page = sheet(strokes, moved=int(generator.integers(9)), ink=ink + row, thick=8)
                cv2.imwrite(str(tmp_path / "signed" / kind / f"{row}.png"), page)
    return tmp_path / "signed"


@pytest.mark.slow
def test_signatures_are_measured_in_grey_too_with_a_warning(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = evaluated(capsys, str(signed), "--encoder", "signatures")
    assert (report["pictures"], report["class_names"]) == (21, ["01", "02", "03"])
    assert set(report["signatures"]) == {"1", "3"}  # nobody has five, and one to ask about
    assert report["signatures"]["3"]["signers"] == 3
    assert set(report["grey"]["signatures"]) == {"1", "3"}
    assert report["grey"]["shortcut_probe"][0]["area_under_curve"] == 1.0
    assert "Do not trust" in report["grey"]["warning"]
    assert command_line.main(["evaluate", str(signed), "--encoder", "signatures"]) == 0
    assert "Do not trust" in capsys.readouterr().out


@pytest.mark.slow
def test_signers_without_forgeries_are_compared_with_one_another(
    signed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in signed.glob("*_forg"):
        folder.rename(signed.parent / folder.name)
    report = evaluated(capsys, str(signed), "--encoder", "signatures")
    assert report["signatures"]["1"]["skilled_equal_error"] is None
    assert report["signatures"]["1"]["random_equal_error"] < 0.2
    assert "grey" not in report
