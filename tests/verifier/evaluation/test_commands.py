"""Commands `evaluate` and `calibrate` on photos of two people."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from verifier import __main__ as shell
from verifier.evaluation import photos

KEYS = {
    "images", "people", "missed", "missed_photos", "genuine_pairs", "impostor_pairs", "accuracy", "tar_at_far",
    "thresholds", "classes_with_one_picture", "verification", "identification",
    "identification_intervals_90_over_classes", "open_set", "seconds",
}  # fmt: skip


def scaled(data: bytes, *, factor: float) -> bytes:
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    written = io.BytesIO()
    picture.resize((round(picture.width * factor), round(picture.height * factor))).save(written, "JPEG", quality=80)
    return written.getvalue()


@pytest.fixture(scope="session")
def album_folder(tmp_path_factory: pytest.TempPathFactory, astronaut_jpeg: bytes, hopper_jpeg: bytes) -> Path:
    """Two people with three photos each, a wall, and a file that is no picture."""
    folder = tmp_path_factory.mktemp("album")
    for name, data in (("Eileen", astronaut_jpeg), ("Grace", hopper_jpeg)):
        (folder / name).mkdir()
        for number, factor in enumerate((1.0, 0.8, 0.6), start=1):
            (folder / name / f"{number}.jpg").write_bytes(scaled(data, factor=factor))
    (folder / "Wall").mkdir()
    Image.new("RGB", (200, 200), (120, 110, 100)).save(folder / "Wall" / "1.png")
    (folder / "Wall" / "2.jpg").write_bytes(b"no picture")
    (folder / "Wall" / "notes.txt").write_text("not looked at")
    return folder


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


@pytest.mark.slow
def test_evaluate_counts_every_photo_and_pair(
    album_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "pairs.csv"
    listed.write_text(
        "first,second,same\nEileen/1.jpg,Eileen/2.jpg,1\nGrace/1.jpg,Grace/3.jpg,1\n"
        "Eileen/1.jpg,Grace/1.jpg,0\nEileen/3.jpg,Wall/1.png,0\n"
    )
    words = ["evaluate", str(album_folder), "--most-per-person", "2", "--pairs", str(listed), "--json"]
    assert shell.main(words) == 0
    report = printed(capsys)
    assert set(report) == KEYS | {"area_under_curve", "equal_error", "listed_pairs"}
    assert (report["images"], report["people"], report["missed"]) == (4, 2, 2)
    assert report["missed_photos"] == ["Wall/1.png: face_not_found", "Wall/2.jpg: invalid_image"]
    assert report["listed_pairs"]["pairs_without_a_face"] == 1
    assert report["identification"] == {"2-way, 1 reference": 1.0}
    assert "not 0.01, 0.001, 0.0001, 1e-05, 1e-06" in report["verification"]["data_support"]
    assert (report["genuine_pairs"], report["impostor_pairs"]) == (2, 4)
    assert report["accuracy"] == 1.0
    assert report["tar_at_far"] == report["thresholds"] == {}  # four pairs say nothing about 1 in 10,000


@pytest.mark.slow
def test_evaluate_counts_false_matches_within_groups(
    album_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "groups.csv"
    listed.write_text("name,group\nEileen,fliers\nGrace,fliers\nGrace,sailors\n")
    assert shell.main(["evaluate", str(album_folder), "--groups", str(listed), "--json"]) == 0
    rows = printed(capsys)["groups"]
    assert [(row["group"], row["people"], row["impostor_pairs"]) for row in rows] == [
        ("everybody", 2, 9),
        ("fliers", 2, 9),
    ]
    assert shell.main(["evaluate", str(album_folder), "--groups", str(listed)]) == 0
    assert "| fliers | 2 | 6 | 9 | too few pairs |" in capsys.readouterr().out
    assert shell.main(["evaluate", str(album_folder), "--groups", str(album_folder / "Wall" / "notes.txt")]) == 2


@pytest.mark.slow
def test_evaluate_reads_greymaps_in_nested_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], astronaut_jpeg: bytes, hopper_jpeg: bytes
) -> None:
    """The layout of UMIST, 1a/face/*.pgm, cut out tightly; a sparse file of two gigabytes is listed and not read."""
    for name, data in (("1a", astronaut_jpeg), ("1b", hopper_jpeg)):
        (tmp_path / name / "face").mkdir(parents=True)
        for number, factor in enumerate((1.0, 0.8)):
            picture = Image.open(io.BytesIO(scaled(data, factor=factor))).convert("L")
            picture.save(tmp_path / name / "face" / f"{number}.pgm", "PPM")
    with (tmp_path / "1b" / "face" / "vast.pgm").open("wb") as vast:
        vast.truncate(2 * 2**30)
    assert shell.main(["evaluate", str(tmp_path), "--json"]) == 0
    report = printed(capsys)
    assert (report["images"], report["people"]) == (4, 2)
    assert report["missed_photos"] == ["1b/face/vast.pgm: image_too_large"]
    assert report["verification"]["area_under_curve"] == 1.0


@pytest.mark.slow
def test_evaluate_prints_a_report_as_text(album_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.main(["evaluate", str(album_folder), "--most-per-person", "2"]) == 0
    lines = capsys.readouterr().out
    assert "Wall/1.png: face_not_found" in lines
    assert "data support" in lines
    assert "2-way, 1 reference" in lines


@pytest.mark.slow
def test_evaluate_refuses_one_person_or_one_photo_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], astronaut_jpeg: bytes
) -> None:
    (tmp_path / "Eileen").mkdir()
    (tmp_path / "Eileen" / "1.jpg").write_bytes(astronaut_jpeg)
    assert shell.main(["evaluate", str(tmp_path)]) == 2
    assert "only one class (Eileen)" in capsys.readouterr().err
    (tmp_path / "Other").mkdir()
    (tmp_path / "Other" / "1.jpg").write_bytes(astronaut_jpeg)
    assert shell.main(["evaluate", str(tmp_path)]) == 2
    assert "class_too_small" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["", "first,second\na,b\n", "first,second,same\na,b,yes\n", "first,second,same\na,b,1\n"]
)
def test_evaluate_refuses_a_file_that_is_no_list_of_pairs(
    album_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    listed = tmp_path / "pairs.csv"
    listed.write_text(text)
    assert shell.main(["evaluate", str(album_folder), "--pairs", str(listed)]) == 2
    assert "no list of pairs" in json.loads(capsys.readouterr().err)["message"]


@pytest.mark.slow
def test_embeddings_from_a_file_give_the_same_figures(
    album_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, reports = tmp_path / "kept.npz", []
    for _ in range(2):
        assert shell.main(["evaluate", str(album_folder), "--embeddings", str(kept), "--json"]) == 0
        reports.append({**printed(capsys), "seconds": 0, "written": kept.stat().st_mtime_ns})
    assert reports[0] == reports[1]


@pytest.mark.slow
def test_ignored_label_errors_are_no_impostor_pairs_and_twins_are(
    album_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    errors = tmp_path / "errors.csv"
    for what, impostors in ((photos.SAME_PERSON, 0), ("twins or siblings", 9)):
        errors.write_text(f"name_a,name_b,what\nGrace,Eileen,{what}\n")
        words = ["evaluate", str(album_folder), "--ignore", str(errors), "--embeddings", str(tmp_path / "kept.npz")]
        assert shell.main([*words, "--json"]) == 0
        assert printed(capsys)["impostor_pairs"] == impostors


def test_evaluate_refuses_a_missing_or_empty_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.main(["evaluate", str(tmp_path / "none"), "--json"]) == 2
    assert shell.main(["evaluate", str(tmp_path), "--json"]) == 2
    assert "no_photos" in capsys.readouterr().err


@pytest.mark.slow
def test_calibrate_keeps_the_card_when_there_are_too_few_pairs(
    album_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = Path(shell.__file__).parent / "weights" / "sface.json"
    card = tmp_path / "sface.json"
    card.write_text(shipped.read_text())
    assert shell.main(["calibrate", str(album_folder), "--card", str(card)]) == 2
    assert "too_few_pairs" in capsys.readouterr().err
    assert card.read_text() == shipped.read_text()


@pytest.mark.slow
def test_calibrate_refuses_the_card_of_another_encoder(
    album_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = Path(shell.__file__).parent / "weights" / "sface.json"
    card = tmp_path / "other.json"
    card.write_text(json.dumps({**json.loads(shipped.read_text()), "name": "another-00000000"}))
    assert shell.main(["calibrate", str(album_folder), "--card", str(card)]) == 2
    assert "encoder_mismatch" in capsys.readouterr().err
