"""ONNX graphs: each gives what the torch network of its architecture gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from verifier import checkpoints, errors, origins
from verifier.inference import onnx_files
from verifier.inference.openvino_network import OpenVinoNetwork
from verifier.inference.torch_network import TorchNetwork
from verifier.networks import catalogue, graphs, sface

CASES: list[tuple[str, dict[str, Any], tuple[int, int, int]]] = [
    ("convnet", {}, (1, 28, 28)),
    ("convnet", {"widths": (8, 12), "dimension": 3, "height": 30, "width": 45, "normalized": False}, (1, 30, 45)),
    ("convnet", {"widths": (8,), "channels": 3, "levels": 4, "dropout": 0.2}, (3, 28, 28)),
    ("dense", {}, (1, 28, 28)),
    ("dense", {"widths": (20, 5), "levels": 3, "channels": 3, "height": 8, "width": 6, "normalized": True}, (3, 8, 6)),
    ("strokenet", {}, (1, 96, 192)),
    ("strokenet", {"widths": (4, 4, 4, 4, 4), "grid": (3, 2), "dimension": 7}, (1, 70, 101)),
    ("sface", {}, (3, 112, 112)),
    ("sface", {"normalized": False}, (3, 112, 112)),
]


def untrained(architecture: str, options: dict[str, Any]) -> nn.Module:
    """A network whose batch norms have seen something, so that leaving one out is noticed."""
    torch.manual_seed(7)
    network = catalogue.build(architecture, options)
    for name, values in network.state_dict().items():
        if name.endswith(("running_mean", "running_var")) or ("features" not in name and values.ndim == 1):
            values.copy_(torch.rand_like(values.float()) * 0.5 + 0.5)
    return network.eval()


def weights_of(network: nn.Module) -> dict[str, np.ndarray]:
    return {name: values.numpy() for name, values in network.state_dict().items() if "num_batches" not in name}


@pytest.mark.parametrize(("architecture", "options", "shape"), CASES)
def test_a_graph_gives_what_its_torch_network_gives(
    architecture: str, options: dict[str, Any], shape: tuple[int, int, int]
) -> None:
    network = untrained(architecture, options)
    data = graphs.write(architecture, options=options, weights=weights_of(network), shape=shape)
    pictures = np.random.default_rng(0).random((3, 1, *shape), dtype=np.float32)
    by_openvino, by_torch = OpenVinoNetwork(data, precision="float32"), TorchNetwork(network, precision="float32")
    for picture in pictures:
        expected = by_torch.run(picture)
        assert by_openvino.run(picture) == pytest.approx(expected, abs=2e-4 * max(1.0, float(np.abs(expected).max())))
    assert data == graphs.write(architecture, options=options, weights=weights_of(network), shape=shape)


def test_every_architecture_of_the_catalogue_has_a_graph() -> None:
    assert graphs.GRAPHS.keys() == catalogue.ARCHITECTURES.keys()
    assert {case[0] for case in CASES} == graphs.GRAPHS.keys()


@pytest.mark.parametrize(("size", "parts"), [(6, 2), (6, 4), (3, 2), (7, 5), (4, 4), (2, 4)])
def test_the_mean_over_a_grid_has_the_ranges_of_torch(size: int, parts: int) -> None:
    values = torch.rand(1, 1, size)
    expected = torch.nn.functional.adaptive_avg_pool1d(values, parts).numpy()[0, 0]
    assert graphs.adaptive_mean(size, parts=parts) @ values.numpy()[0, 0] == pytest.approx(expected, abs=1e-6)


def test_the_quantized_head_of_sface_is_the_folded_one() -> None:
    models = origins.open_models(None)
    network = TorchNetwork(sface.load(models.weights), precision="float32")
    onnx = models.read_onnx("sface")
    assert isinstance(onnx, bytes)
    assert len(onnx) < 21e6, "the head as integers: 6.4 MB instead of 25.7"
    one = OpenVinoNetwork(onnx, precision="float32")
    for seed in range(3):
        crop = np.random.default_rng(seed).standard_normal((1, 3, 112, 112)).astype(np.float32)
        first, second = one.run(crop)[0], network.run(crop)[0]
        assert float(first @ second) / float(np.linalg.norm(first) * np.linalg.norm(second)) > 0.999999


def test_weights_of_another_architecture_are_refused() -> None:
    weights = weights_of(untrained("dense", {"widths": (4, 2)}))
    with pytest.raises(errors.ModelWrong):
        graphs.write("convnet", options={}, weights=weights, shape=(1, 28, 28))
    with pytest.raises(errors.ModelWrong):
        graphs.write("transformer", options={}, weights=weights, shape=(1, 28, 28))


def test_a_file_from_other_weights_is_not_taken_and_a_changed_one_is_a_fault(tmp_path: Path) -> None:
    onnx_files.write(origins.WEIGHTS, name="digits", into=tmp_path)
    card = checkpoints.read_card(origins.WEIGHTS / "digits.json")
    (part,) = onnx_files.parts(card, name="digits")
    assert onnx_files.find(part, card=card, folders=(origins.WEIGHTS, tmp_path)) == tmp_path / "digits.onnx"
    assert checkpoints.find_onnx(tmp_path, name="digits", source="of other weights") is None
    assert checkpoints.find_onnx(tmp_path, name="signatures-0", source=card.sha256) is None
    path = tmp_path / "digits.onnx"
    path.write_bytes(path.read_bytes()[:-1] + b"\x7f")
    with pytest.raises(errors.ModelWrong) as wrong:
        onnx_files.find(part, card=card, folders=(tmp_path,))
    assert wrong.value.facts["file"] == str(path)
