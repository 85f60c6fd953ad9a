"""Commands of the learning package: answers, exit codes, and folders left unchanged."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

from verifier import __main__ as command_line

DIGITS = {
    "one": [(80, 40), (78, 160)],
    "seven": [(30, 40), (110, 40), (60, 160)],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, strokes in DIGITS.items():
        for row, thick in enumerate((9, 12)):
            sheet = np.full((200, 160), 240, np.uint8)
            moved = np.array(strokes, np.int32) + 4 * row
            cv2.polylines(sheet, [moved], isClosed=False, color=30, thickness=thick, lineType=cv2.LINE_AA)
            cv2.imwrite(str(tmp_path / f"{name}{row}.png"), sheet)
    (tmp_path / "empty.png").write_bytes(b"")
    return tmp_path


def test_compare_answers_yes_no_or_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def ask(*names: str) -> tuple[int, str]:
        code = command_line.main(["compare", *(str(folder / name) for name in names), "--encoder", "digits", "--json"])
        captured = capsys.readouterr()
        return code, captured.out or captured.err

    code, answer = ask("seven0.png", "seven1.png")
    assert (code, json.loads(answer)["alike"]) == (0, True)
    code, answer = ask("one0.png", "one1.png", "seven1.png")
    assert (code, json.loads(answer)["alike"]) == (1, False)
    assert ask("seven0.png", "empty.png")[0] == 2
    assert ask("seven0.png", "nowhere.png")[0] == 2
    assert ask("seven0.png")[0] == 2


@pytest.mark.parametrize("command", ["compare", "duplicates"])
@pytest.mark.parametrize("rate", ["nan", "inf", "-inf", "2", "1", "0", "-1", "5", "once"])
def test_a_rate_that_is_none_is_a_usage_error(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str, rate: str
) -> None:
    pictures = [str(folder / "one0.png"), str(folder / "seven0.png")] if command == "compare" else [str(folder)]
    with pytest.raises(SystemExit) as ended:
        command_line.main([command, *pictures, "--encoder", "digits", f"--false-match-rate={rate}"])
    assert ended.value.code == 2
    assert "is no rate" in capsys.readouterr().err


@pytest.mark.parametrize("rate", ["1e-300", "1e-9", "0.001", "0.5", "0.999999"])
@pytest.mark.parametrize("probe", ["one1.png", "seven1.png"])
def test_the_similarity_never_contradicts_the_verdict(
    folder: Path, capsys: pytest.CaptureFixture[str], rate: str, probe: str
) -> None:
    asked = ["compare", str(folder / "one0.png"), str(folder / probe), "--encoder", "digits"]
    code = command_line.main([*asked, "--false-match-rate", rate])
    sentence = capsys.readouterr().out
    assert sentence.startswith("alike" if code == 0 else "not alike")
    assert ("100.0%" in sentence) <= (code == 0)
    assert ("similarity 0.0%" in sentence) <= (code == 1)
    command_line.main([*asked, "--false-match-rate", rate, "--json"])
    similarity = json.loads(capsys.readouterr().out)["similarity"]
    assert similarity > 0 if code == 0 else similarity < 1


def test_similar_lists_the_nearest_first(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["similar", str(folder), str(folder / "seven0.png"), "--encoder", "digits", "--top", "2", "--json"]
    assert command_line.main(asked) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["path"] for row in rows] == ["seven0.png", "seven1.png"]
    assert rows[0]["distance"] == pytest.approx(0, abs=1e-3)
    assert rows[1]["similarity"] > 0.9


def test_duplicates_lists_groups_and_skipped_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(path.name for path in folder.iterdir())
    asked = ["duplicates", str(folder), "--encoder", "digits", "--false-match-rate", "0.01", "--json"]
    assert command_line.main(asked) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["groups"] == [["one0.png", "one1.png"], ["seven0.png", "seven1.png"]]
    assert answer["skipped"] == {"empty.png": "invalid_image"}
    assert sorted(path.name for path in folder.iterdir()) == before


@pytest.mark.slow
def test_duplicates_finds_copies_among_many_pictures_at_the_default_rate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The threshold falls with the number of pairs; copies that were saved again are still found."""
    known = load_digits()
    for row in range(150):
        small = Image.fromarray((known.images[row] * 255 / 16).astype(np.uint8))
        small.resize((96, 96), Image.Resampling.BICUBIC).save(tmp_path / f"{row:03d}.png")
    Image.open(tmp_path / "007.png").save(tmp_path / "copy.jpg", quality=80)
    (tmp_path / "same.png").write_bytes((tmp_path / "003.png").read_bytes())
    assert command_line.main(["duplicates", str(tmp_path), "--encoder", "digits", "--json"]) == 0
    groups = json.loads(capsys.readouterr().out)["groups"]
    assert any({"003.png", "same.png"} <= set(group) for group in groups)
    assert any({"007.png", "copy.jpg"} <= set(group) for group in groups)
    numbers = [[int(name[:3]) for name in group if name[:3].isdigit()] for group in groups]
    assert all(len({int(known.target[row]) for row in rows}) == 1 for rows in numbers)


def test_evaluate_reads_a_folder_per_class(tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in DIGITS:
        for row in (0, 1):
            (tmp_path / "set" / name).mkdir(parents=True, exist_ok=True)
            (folder / f"{name}{row}.png").rename(tmp_path / "set" / name / f"{row}.png")
    assert command_line.main(["evaluate", str(tmp_path / "set"), "--encoder", "digits", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["pictures"], answer["classes"]) == (4, 2)
    assert answer["verification"]["area_under_curve"] == 1.0
    assert answer["identification"]["2-way, 1 reference"] == 1.0


def bars(tmp_path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Three classes of bars, and a recipe for them."""
    pictures = np.random.default_rng(0).integers(0, 40, (48, 28, 28)).astype(np.uint8)
    labels = np.arange(48) % 3
    for row, label in enumerate(labels):
        pictures[row, 4 + 8 * label : 9 + 8 * label, 4:24] = 255
    (tmp_path / "bars.toml").write_text(
        'name = "bars"\nsteps = 12\n[data]\nheld_out_pictures = 4\n[network]\nwidths = [4, 8]\ndimension = 8\n'
        'architecture = "convnet"\n[batch]\nclasses = 3\npictures = 4\n[stop]\nevery_steps = 6\n'
    )
    return pictures, labels


@pytest.mark.training
def test_train_writes_a_card_and_repeats_nothing_when_run_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures, labels = bars(tmp_path)
    np.savez(tmp_path / "bars.npz", x_train=pictures, y_train=labels, x_test=pictures[::-1] // 2, y_test=labels[::-1])
    asked = [
        "train",
        str(tmp_path / "bars.toml"),
        "--data",
        str(tmp_path / "bars.npz"),
        "--into",
        str(tmp_path / "run"),
    ]
    assert command_line.main([*asked, "--quiet"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["metrics"]["verification"]["area_under_curve"] > 0.8
    card = json.loads((tmp_path / "run" / "bars.json").read_text())
    assert card["training"]["steps"] == 12
    assert card["calibration"]["impostor_pairs"] > 0
    again = command_line.main([*asked, "--quiet"])
    assert (again, json.loads(capsys.readouterr().out)["name"]) == (0, answer["name"])


@pytest.mark.training
def test_without_a_test_part_the_held_out_part_is_measured_and_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures, labels = bars(tmp_path)
    np.savez(tmp_path / "bars.npz", x=pictures, y=labels)
    asked = ["train", str(tmp_path / "bars.toml"), "--data", str(tmp_path / "bars.npz"), "--quiet"]
    assert command_line.main([*asked, "--into", str(tmp_path / "run")]) == 0
    found = json.loads(capsys.readouterr().out)["metrics"]["held_out_pictures"]
    assert (found["classes"], found["area_under_curve"]) == (3, pytest.approx(1, abs=0.2))
    assert {path.name for path in (tmp_path / "run").glob("*.png")} == {
        "loss.png", "distances.png", "curves.png", "embedding.png", "hardest.png",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["train", "nonsense", "--data", "x"], "digits"),
        (["train", "digits", "--data", "nowhere"], "no pictures"),
        (["evaluate", "nowhere", "--encoder", "digits"], "no pictures"),
        (["evaluate", "nowhere", "--encoder", "nothing"], "nothing.json"),
    ],
)
def test_bad_arguments_give_a_message_and_exit_code_two(
    arguments: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.main(arguments) == 2
    answer = json.loads(capsys.readouterr().err)
    assert word in answer["message"]


def test_an_interrupted_training_prints_how_to_continue(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("verifier.learning.readers.Reader.read", interrupted)
    assert command_line.main(["train", "digits", "--data", str(tmp_path), "--into", str(tmp_path / "run")]) == 130
    assert "Run the same line again" in capsys.readouterr().err
