"""OpenVINO against the reference, torch and OpenCV, on photos of people: equal embeddings and equal decisions."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from verifier import errors, image, origins
from verifier.recognizer import Recognizer

pytestmark = [pytest.mark.dataset, pytest.mark.timeout(1800)]

LEAST_COSINE = 0.9995
PAIRS_EACH = 100
RATES = (1e-2, 1e-3, 1e-4, 1e-5)


@pytest.fixture(scope="module")
def pairs() -> list[tuple[Path, Path]]:
    """Genuine and impostor pairs, as many of each."""
    folder = Path(os.environ["MUSTER_DATA"]) / "lfw_dev"
    with (folder / "pairs.csv").open() as file:
        rows = list(csv.reader(file))[1:]
    chosen = (*rows[:PAIRS_EACH], *rows[-PAIRS_EACH:])
    return [(folder / "images" / first, folder / "images" / second) for first, second, _ in chosen]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> origins.FaceModels:
    return origins.prepare(tmp_path_factory.mktemp("models"))


def test_both_runtimes_give_equal_embeddings_and_decisions(
    models: origins.FaceModels, pairs: list[tuple[Path, Path]]
) -> None:
    ours, reference = Recognizer.open(models), Recognizer.open(models, by_torch=True)
    assert ours.runtimes[0].startswith("OpenVINO")
    assert [one.split()[0] for one in reference.runtimes] == ["torch", "OpenCV"]
    assert ours.calibration is not None
    vectors: dict[Path, list[np.ndarray]] = {}
    for path in {one for pair in pairs for one in pair}:
        picture = image.decode(path.read_bytes())
        try:
            found = ours.embed_image(picture, purpose=None)
            whole = reference.embed_image(picture, purpose=None).embedding.vector
        except errors.NoFace:
            continue
        vectors[path] = [found.embedding.vector, reference._encoder.encode(found.crop[None])[0], whole]
    assert len(vectors) > 0.99 * len({one for pair in pairs for one in pair})
    cosines = np.array([float(own @ other) for own, other, _ in vectors.values()])
    assert cosines.min() >= LEAST_COSINE, "the encoder alone, on the same crop"
    through = np.array([float(own @ other) for own, _, other in vectors.values()])
    assert np.quantile(through, 0.01) >= LEAST_COSINE, "with the detector before it"

    known = [pair for pair in pairs if pair[0] in vectors and pair[1] in vectors]
    distances = np.array(
        [
            [np.linalg.norm(one - other) for one, other in zip(*(vectors[path] for path in pair), strict=True)]
            for pair in known
        ]
    )
    for rate in RATES:
        accepted = distances <= ours.calibration.distance_at(rate)
        assert np.array_equal(accepted[:, 0], accepted[:, 1]), "the same crops"
        assert np.array_equal(accepted[:, 0], accepted[:, 2]), "the whole chain"
        assert 0 < accepted[:, 0].mean() < 1
    print(f"cosine: encoder {cosines.min():.7f}, whole chain {through.min():.5f}; {len(known)} pairs")
