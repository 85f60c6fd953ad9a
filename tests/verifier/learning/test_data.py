"""Data: splits without overlap, and a refusal for each kind of bad input."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from verifier import errors
from verifier.learning import data, readers, recipe, refusals


def sorted_digits(count: int = 40) -> data.LabelledPictures:
    generator = np.random.default_rng(0)
    pictures = generator.integers(0, 255, (10 * count, 28, 28)).astype(np.uint8)
    return data.labelled(pictures, [str(row // count) for row in range(10 * count)])


def drawn(text: str = "7", *, size: tuple[int, int] = (60, 80)) -> bytes:
    picture = Image.new("RGB", size, "white")
    ImageDraw.Draw(picture).line([(10, 15), (45, 15), (20, 65)], fill="black", width=5)
    ImageDraw.Draw(picture).text((2, 2), text, fill="black")
    target = io.BytesIO()
    picture.save(target, "PNG")
    return target.getvalue()


def reader() -> readers.Reader:
    return readers.Reader("digit", height_pixels=28, width_pixels=28)


def test_a_file_sorted_by_label_is_split_with_every_class_in_both_parts() -> None:
    kept, aside = data.hold_out_pictures(sorted_digits(), 5, seed=0)
    assert (len(kept), len(aside)) == (350, 50)
    assert kept.classes == aside.classes
    assert np.bincount(aside.labels).tolist() == [5] * 10
    data.check_apart(kept, aside, by_class=False)
    other, _ = data.hold_out_pictures(sorted_digits(), 5, seed=1)
    assert set(kept.names) != set(other.names)


def test_held_out_classes_are_apart_and_an_overlap_is_found() -> None:
    kept, aside = data.hold_out_classes(sorted_digits(), ["7", "8", "9"])
    assert (len(kept.classes), aside.classes) == (7, ("7", "8", "9"))
    data.check_apart(kept, aside, by_class=True)
    with pytest.raises(refusals.SplitsOverlap) as caught:
        data.check_apart(sorted_digits(), aside, by_class=True)
    assert caught.value.facts == {"what": "class", "example": "7"}
    with pytest.raises(refusals.SplitsOverlap) as picture:
        data.check_apart(sorted_digits(), aside, by_class=False)
    assert picture.value.facts["what"] == "picture"


def test_splices_are_new_classes_of_halves_of_known_pictures() -> None:
    made = data.spliced(sorted_digits().of_classes(["0", "1", "2"]), per_class=4, seed=0)
    assert len(made.classes) == 3 * 2 * 4
    known = {picture[:14].tobytes() for picture in sorted_digits().of_classes(["0"]).pictures}
    upper = made.of_classes(["upper 0 on 1"])
    assert all(picture[:14].tobytes() in known for picture in upper.pictures)
    again = data.spliced(sorted_digits().of_classes(["0", "1", "2"]), per_class=4, seed=0)
    assert np.array_equal(made.pictures, again.pictures)


def test_the_recipe_digits_open_uses_no_picture_of_the_unseen_classes() -> None:
    choice = recipe.read(recipe.find("digits-open")).data
    material = data.prepare(
        sorted_digits(), recipe.DataChoice(only_classes=choice.only_classes, splices_per_class=2), seed=0
    )
    unseen = {picture.tobytes() for picture in sorted_digits().of_classes(["7", "8", "9"]).pictures}
    assert not any(picture.tobytes() in unseen for picture in material.training.pictures)
    assert not any(name.split()[-1] in {"7", "8", "9"} for name in material.training.classes)
    assert not choice.rotations


def test_a_folder_per_class_is_read_and_unreadable_files_are_listed(tmp_path: Path) -> None:
    for label in ("1", "7"):
        (tmp_path / label).mkdir()
        for row in range(2):
            (tmp_path / label / f"{row}.png").write_bytes(drawn(str(row), size=(60 + 20 * row, 80)))
    (tmp_path / "1" / "empty.png").write_bytes(b"")
    (tmp_path / "1" / "broken.jpg").write_bytes(b"\xff\xd8\xff not a picture")
    (tmp_path / "1" / "notes.txt").write_text("passed over")
    used = reader()
    found = used.read(tmp_path)
    assert (found.classes, len(found)) == (("1", "7"), 4)
    assert used.skipped == [("1/broken.jpg", "invalid_image"), ("1/empty.png", "invalid_image")]


def test_a_file_of_two_gigabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    huge = tmp_path / "1" / "huge.png"
    with huge.open("wb") as file:
        file.truncate(2 * 2**30)
    used = reader()
    with pytest.raises(refusals.NoPictures):
        used.read(tmp_path)
    assert used.skipped == [("1/huge.png", "image_too_large")]


def test_an_empty_folder_loose_files_and_a_missing_path_are_refused(tmp_path: Path) -> None:
    with pytest.raises(refusals.NoPictures):
        reader().read(tmp_path)
    with pytest.raises(refusals.NoPictures):
        reader().read(tmp_path / "nowhere")
    (tmp_path / "a.png").write_bytes(drawn())
    with pytest.raises(refusals.LabelsMissing) as caught:
        reader().read(tmp_path)
    assert caught.value.facts["pictures"] == 1


def test_one_class_only_and_a_class_of_one_picture_are_refused() -> None:
    digits = sorted_digits(2)
    with pytest.raises(refusals.OneClassOnly):
        readers.check_classes(digits.of_classes(["3"]))
    with pytest.raises(refusals.ClassTooSmall) as caught:
        readers.check_classes(digits.rows(np.array([0, 1, 2])))
    assert caught.value.facts == {"label": "1", "pictures": 1, "needed": 2}


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"x_train": np.zeros((3, 28, 28), np.uint8)}, refusals.LabelsMissing),
        ({"x_train": np.zeros((3, 28, 28), np.uint8), "y_train": np.zeros(2)}, refusals.LabelsMissing),
        ({"x_train": np.full((3, 28, 28), -1.0), "y_train": np.zeros(3)}, refusals.DataRefused),
        ({"pictures": np.zeros(3)}, refusals.DataRefused),
    ],
)
def test_an_incomplete_npz_is_refused(tmp_path: Path, arrays: dict[str, np.ndarray], expected: type[Exception]) -> None:
    np.savez(tmp_path / "set.npz", allow_pickle=False, **arrays)
    with pytest.raises(expected):
        reader().read(tmp_path / "set.npz")


def test_a_broken_npz_and_one_with_a_pickle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "set.npz").write_bytes(b"PK nonsense")
    with pytest.raises(refusals.DataRefused):
        reader().read(tmp_path / "set.npz")
    np.savez(tmp_path / "objects.npz", x_train=np.array([{}], dtype=object), y_train=np.zeros(1))
    with pytest.raises(refusals.DataRefused):
        reader().read(tmp_path / "objects.npz")


def test_an_npz_of_another_size_is_prepared_and_one_of_the_right_size_is_unchanged(tmp_path: Path) -> None:
    small = np.zeros((4, 16, 16), np.uint8)
    small[:, 3:13, 7:9] = 255
    np.savez(tmp_path / "small.npz", x=small, y=np.array([1, 1, 2, 2]))
    assert reader().read(tmp_path / "small.npz").pictures.shape == (4, 28, 28)
    right = np.random.default_rng(0).integers(0, 255, (4, 28, 28)).astype(np.uint8)
    right[:, [0, -1]] = right[:, :, [0, -1]] = 0  # a light rim would mean dark ink on paper
    np.savez(tmp_path / "right.npz", x=right, y=np.array([1, 1, 2, 2]))
    assert np.array_equal(reader().read(tmp_path / "right.npz").pictures, right)


def test_mixed_sizes_cannot_be_joined() -> None:
    small = data.labelled(np.zeros((2, 9, 9), np.uint8), ["a", "b"])
    with pytest.raises(refusals.MixedSizes):
        data.joined([sorted_digits(2), small])


def test_signatures_are_read_with_their_forgeries_marked(tmp_path: Path) -> None:
    for kind in ("genuine", "forgery"):
        (tmp_path / "train" / kind / "007").mkdir(parents=True)
        for row in range(2):
            (tmp_path / "train" / kind / "007" / f"{row}.png").write_bytes(drawn())
    found = readers.Reader("signature", height_pixels=96, width_pixels=192).read(tmp_path)
    assert (found.classes, found.forged.tolist()) == (("007",), [True, True, False, False])
    assert len(found.genuine()) == 2


def test_omniglot_archives_and_runs_are_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "images_background_small1.zip", "w") as archive:
        for character in ("character01", "character02"):
            for row in range(2):
                archive.writestr(f"images_background_small1/Greek/{character}/0001_{row}.png", drawn())
        archive.writestr("images_background_small1/Greek/character02/0001_9.png", b"broken")
    used = readers.Reader("character", height_pixels=32, width_pixels=32)
    assert used.read(tmp_path).classes == ("Greek/character01", "Greek/character02")
    assert used.skipped == [("images_background_small1/Greek/character02/0001_9.png", "invalid_image")]
    with zipfile.ZipFile(tmp_path / "all_runs.zip", "w") as archive:
        lines = []
        for row in range(3):
            archive.writestr(f"run01/training/class0{row}.png", drawn(size=(60, 80 + 9 * row)))
            archive.writestr(f"run01/test/item0{row}.png", drawn())
            lines.append(f"run01/test/item0{row}.png run01/training/class0{2 - row}.png")
        archive.writestr("run01/class_labels.txt", "\n".join(lines))
    (run,) = used.one_shot_runs(tmp_path / "all_runs.zip")
    assert run.truth.tolist() == [2, 1, 0]
    assert run.support.shape == run.queries.shape == (3, 32, 32)


def test_reading_does_not_change_the_folder(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "0.png").write_bytes(drawn())
    before = sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
    reader().read(tmp_path)
    assert sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*")) == before


def test_a_picture_beyond_the_limits_of_the_library_is_refused(tmp_path: Path) -> None:
    wide = tmp_path / "wide.png"
    Image.new("1", (70_000, 1000)).save(wide)
    with pytest.raises(errors.TooLarge):
        reader().picture(wide)
