"""Encoder: unit length, finite values, and the same bits alone or in a batch."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from verifier import errors, origins
from verifier.checkpoints import Preparation
from verifier.encoder import Encoder, unit_length
from verifier.inference.torch_network import TorchNetwork, best_precision
from verifier.networks import sface
from verifier.recognizer import Recognizer
from verifier.values import Purpose

PLAIN = Preparation(kind="plain", width_pixels=8, height_pixels=6, channels=3, mean=127.5, scale=1 / 128)


class Constant(nn.Module):
    """A network with the same output for every input, as after a failed load."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.full((4,), value))

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        return self.value.expand(len(crops), 4)


@pytest.fixture(scope="module")
def crops(recognizer: Recognizer, astronaut_jpeg: bytes, hopper_jpeg: bytes) -> np.ndarray:
    faces = [recognizer.embed(data, purpose=Purpose.CHECK_IN).crop for data in (astronaut_jpeg, hopper_jpeg)]
    return np.stack([*faces, faces[0][:, ::-1], faces[1][:, ::-1]])


def test_a_crop_has_the_same_embedding_alone_and_in_a_batch(recognizer: Recognizer, crops: np.ndarray) -> None:
    together = recognizer._encoder.encode(crops)
    alone = np.concatenate([recognizer._encoder.encode(crop[None]) for crop in crops])
    assert np.array_equal(together, alone)
    assert np.array_equal(together[::-1], recognizer._encoder.encode(crops[::-1]))
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(len(crops)), abs=1e-6)


def test_threads_that_share_an_encoder_get_equal_embeddings(recognizer: Recognizer, crops: np.ndarray) -> None:
    alone = [recognizer._encoder.encode(crop[None]) for crop in crops]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda crop: recognizer._encoder.encode(crop[None]), crops))
    assert all(np.array_equal(one, other) for one, other in zip(alone, together, strict=True))


def test_swapping_red_and_blue_changes_the_embedding(recognizer: Recognizer, crops: np.ndarray) -> None:
    as_is, swapped = recognizer._encoder.encode(np.stack([crops[0], crops[0][:, :, ::-1]]))
    assert float(as_is @ swapped) < 0.98


@pytest.mark.slow  # a CPU without bfloat16 takes seconds to play it
def test_both_precisions_agree(crops: np.ndarray) -> None:
    models = origins.open_models(None)
    exact, quick = (
        Encoder(
            TorchNetwork(sface.load(models.weights), precision=precision),
            name="x",
            preparation=models.card.preparation,
        ).encode(crops)
        for precision in ("float32", "bfloat16")
    )
    assert np.sum(exact * quick, axis=1).min() >= 0.9998


def test_the_best_precision_is_supported_by_this_cpu() -> None:
    flags = Path("/proc/cpuinfo").read_text()
    assert (best_precision() == "bfloat16") == ("avx512_bf16" in flags or "amx_bf16" in flags)


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
def test_a_vector_of_length_zero_or_not_finite_is_a_fault(value: float) -> None:
    broken = Encoder(TorchNetwork(Constant(value), precision="float32"), name="broken", preparation=PLAIN)
    with pytest.raises(errors.InvalidEmbedding):
        broken.encode(np.zeros((1, 6, 8, 3), np.uint8))


def test_one_invalid_vector_among_valid_ones_is_a_fault() -> None:
    vectors = np.eye(4, dtype=np.float32)
    assert np.array_equal(unit_length(vectors * 7), vectors)
    vectors[2, 2] = np.nan
    with pytest.raises(errors.InvalidEmbedding):
        unit_length(vectors)


@pytest.mark.parametrize("shape", [(1, 8, 6, 3), (1, 6, 8, 4), (6, 8, 3)])
def test_crops_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    encoder = Encoder(TorchNetwork(Constant(1.0), precision="float32"), name="x", preparation=PLAIN)
    with pytest.raises(errors.BadImage):
        encoder.encode(np.zeros(shape, np.uint8))
    with pytest.raises(errors.BadImage):
        encoder.encode(np.zeros((1, 6, 8, 3), np.float32))


def test_the_self_test_fails_for_a_constant_encoder(recognizer: Recognizer) -> None:
    constant = TorchNetwork(Constant(1.0), precision="float32")
    same = Encoder(constant, name="x", preparation=recognizer.card.preparation)
    with pytest.raises(errors.InvalidEmbedding):
        Recognizer(detector=recognizer._detector, encoder=same, card=recognizer.card).self_test()
