"""Checkpoints: round trip of weights and card, and detection of damage."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from tests.effort import examples
from verifier import checkpoints, errors

PREPARATION = checkpoints.Preparation(
    kind="plain", width_pixels=28, height_pixels=28, channels=1, mean=0, scale=1 / 255
)
CARD = checkpoints.Card(
    name="digits-12345678",
    architecture="small",
    preparation=PREPARATION,
    dimension=2,
    licence="Apache-2.0",
    origin="trained here",
    unknown=("how it does on letters",),
    calibration={"rates": [0.1, 0.01]},
    further={"seed": 7, "metrics": {"accuracy": 0.99}},
)
WEIGHTS = {"layer.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "layer.bias": np.zeros(2, np.float32)}


def test_saved_weights_and_card_are_loaded_unchanged(tmp_path: Path) -> None:
    saved = checkpoints.save(tmp_path, name="digits", weights=WEIGHTS, card=CARD)
    weights, card = checkpoints.load(tmp_path, name="digits")
    assert card == saved == replace(CARD, sha256=saved.sha256)
    assert card.further["metrics"] == {"accuracy": 0.99}
    assert {name: values.tolist() for name, values in weights.items()} == {
        name: values.tolist() for name, values in WEIGHTS.items()
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["digits.json", "digits.safetensors"]


NUMBERS = arrays(np.float32, array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4), elements=st.floats(width=32))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    weights=st.dictionaries(st.text("abc.0_", min_size=1, max_size=12), NUMBERS, max_size=5),
    unknown=st.lists(st.text(), max_size=3).map(tuple),
    metrics=st.dictionaries(st.text(), PLAIN, max_size=3),
    licence=st.text(),
)
@settings(max_examples=examples(60), deadline=None)
def test_a_round_trip_is_equal_to_the_bit(
    weights: dict[str, NDArray[np.float32]], unknown: tuple[str, ...], metrics: dict[str, Any], licence: str
) -> None:
    """All bits of all weights (NaN, -0.0 and empty ones too) and all text of the card are equal."""
    card = replace(CARD, unknown=unknown, licence=licence, further={"metrics": metrics})
    with tempfile.TemporaryDirectory() as folder:
        saved = checkpoints.save(Path(folder), name="any", weights=weights, card=card)
        loaded, read = checkpoints.load(Path(folder), name="any")
        again = checkpoints.save(Path(folder), name="any", weights=loaded, card=read)
    assert read == saved == again == replace(card, sha256=saved.sha256)
    assert loaded.keys() == weights.keys()
    for key, values in weights.items():
        assert loaded[key].dtype == values.dtype
        assert loaded[key].shape == values.shape
        assert loaded[key].tobytes() == values.tobytes()


def test_a_card_keeps_keys_it_does_not_know(tmp_path: Path) -> None:
    checkpoints.save(tmp_path, name="digits", weights=WEIGHTS, card=CARD)
    path = tmp_path / "digits.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"commit": "abc"}))
    card = checkpoints.read_card(path)
    assert json.loads(card.to_json())["commit"] == card.further["commit"] == "abc"


def test_one_changed_byte_is_a_fault(tmp_path: Path) -> None:
    checkpoints.save(tmp_path, name="digits", weights=WEIGHTS, card=CARD)
    path = tmp_path / "digits.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(errors.ModelWrong) as fault:
        checkpoints.load(tmp_path, name="digits")
    assert fault.value.facts["file"] == str(path)


@pytest.mark.parametrize("missing", ["digits.json", "digits.safetensors"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    checkpoints.save(tmp_path, name="digits", weights=WEIGHTS, card=CARD)
    (tmp_path / missing).unlink()
    with pytest.raises(errors.ModelMissing) as fault:
        checkpoints.load(tmp_path, name="digits")
    assert fault.value.facts["file"] == str(tmp_path / missing)


@pytest.mark.parametrize("text", ["", "{}", "[]", "not json", '{"preparation": {"kind": 1}, "unknown": []}'])
def test_a_file_that_is_no_card_is_a_fault(tmp_path: Path, text: str) -> None:
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(errors.ModelWrong):
        checkpoints.read_card(tmp_path / "card.json")


def test_another_preparation_or_other_weights_get_another_name() -> None:
    name = checkpoints.identity("sface", checksum="a", preparation=PREPARATION)
    assert name == checkpoints.identity("sface", checksum="a", preparation=PREPARATION)
    assert name != checkpoints.identity("sface", checksum="b", preparation=PREPARATION)
    assert name != checkpoints.identity("sface", checksum="a", preparation=replace(PREPARATION, version=2))
