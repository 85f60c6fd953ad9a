"""YuNet by both runtimes: OpenVINO finds what OpenCV finds, at every size and in every thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.verifier import pictures, portraits
from verifier import errors, image, origins
from verifier.faces import yunet


@pytest.fixture(scope="module")
def files() -> yunet.YuNetFiles:
    models = origins.open_models(None)
    near, of_any_size = (models.read_onnx(name) for name in ("yunet-near", "yunet-any"))
    return yunet.YuNetFiles(original=models.detector, near=near, of_any_size=of_any_size)


@pytest.fixture(scope="module")
def both(files: yunet.YuNetFiles) -> tuple[yunet.YuNet, yunet.YuNet]:
    return yunet.OpenVinoYuNet(files), yunet.OpenCvYuNet(files.original)


@pytest.fixture(scope="module", params=["astronaut_jpeg", "hopper_jpeg"])
def portrait(request: pytest.FixtureRequest) -> pictures.Pixels:
    return image.decode(request.getfixturevalue(request.param))


@pytest.mark.parametrize("width", [60, 150, 256, 319, 320, 321, 500, 640])
def test_both_runtimes_find_the_same_rows(
    both: tuple[yunet.YuNet, yunet.YuNet], portrait: pictures.Pixels, width: int
) -> None:
    picture = portraits.scaled(portrait, width / portrait.shape[1])
    for seen in (picture, np.rot90(picture), picture[: len(picture) * 2 // 3]):
        found, expected = (one.rows(np.ascontiguousarray(seen)) for one in both)
        assert found == pytest.approx(expected, abs=0.01)


def test_several_faces_come_best_first_and_overlaps_once(
    both: tuple[yunet.YuNet, yunet.YuNet], portrait: pictures.Pixels
) -> None:
    small = portraits.scaled(portrait, 150 / portrait.shape[1])
    rows = [one.rows(np.concatenate([small, small[:, ::-1]], axis=1)) for one in both]
    assert [len(one) for one in rows] == [2, 2]
    assert rows[0] == pytest.approx(rows[1], abs=0.01)
    assert rows[0][0, 14] >= rows[0][1, 14]


@pytest.mark.parametrize("shape", [(1, 1), (5, 700), (257, 3)])
def test_a_picture_without_a_face_has_no_row(both: tuple[yunet.YuNet, yunet.YuNet], shape: tuple[int, int]) -> None:
    for one in both:
        assert one.rows(np.full((*shape, 3), 90, np.uint8)).shape == (0, yunet.ROW)


def test_threads_get_the_rows_of_their_own_picture(
    both: tuple[yunet.YuNet, yunet.YuNet], portrait: pictures.Pixels
) -> None:
    sizes = [portraits.scaled(portrait, width / portrait.shape[1]) for width in (100, 180, 260, 330, 420)] * 4
    alone = [both[0].rows(one) for one in sizes]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(both[0].rows, sizes))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


def test_without_files_for_openvino_opencv_runs_it(files: yunet.YuNetFiles) -> None:
    assert yunet.fastest(yunet.YuNetFiles(original=files.original)).opened.runtime.startswith("OpenCV")
    assert yunet.fastest(files, by_opencv=True).opened.runtime.startswith("OpenCV")
    with pytest.raises(errors.ModelWrong):
        yunet.fastest(yunet.YuNetFiles(original=b"no network"))
