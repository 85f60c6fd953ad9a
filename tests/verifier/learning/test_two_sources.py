"""Two-source tasks: two encoders trained, kept, continued and compared as one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from tests.verifier.learning import shapes
from verifier import __main__ as command_line
from verifier import checkpoints, comparator, errors
from verifier.learning import (
    cross_source,
    data,
    encoder_report,
    export,
    mining,
    recipe,
    refusals,
    sampling,
    sources,
    state,
    training,
)
from verifier.networks import thermometer

torch.set_num_threads(1)
OTHER = {"architecture": "dense", "widths": [32, 8], "normalized": True}


def plan(**changes: Any) -> recipe.Recipe:
    sections: dict[str, Any] = {"data": {"second_source": "outline"}, "second_network": OTHER}
    for key, value in changes.items():
        sections[key] = {**sections.get(key, {}), **value} if isinstance(value, dict) else value
    return shapes.plan(**sections)


def begun(folder: Path, chosen: recipe.Recipe) -> training.Run:
    material = data.prepare(shapes.drawn(), chosen.data, seed=chosen.seed)
    return training.Run(chosen, sources.with_second(material, chosen.data, seed=chosen.seed), folder=folder)


def test_an_outline_surrounds_the_ink_and_a_negative_inverts_it() -> None:
    block = np.zeros((1, 8, 8), np.uint8)
    block[0, 3:5, 3:5] = 200
    drawn = sources.outline(block)[0]
    assert int((drawn > 0).sum()) == 12
    assert not drawn[3:5, 3:5].any()
    assert (sources.negative(block) + block == 255).all()
    with pytest.raises(refusals.RecipeRefused):
        sources.outline(np.zeros((1, 8, 8, 3), np.uint8))


def test_a_thermometer_has_one_bit_per_level() -> None:
    bits = thermometer.Thermometer(4)(torch.tensor([0.0, 0.3, 0.8, 1.0]).reshape(1, 1, 1, 4))
    assert bits.reshape(4, 4).tolist() == [[0, 1, 1, 1], [0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1]]


def test_only_pairs_across_sources_are_pairs() -> None:
    labels, sides = torch.tensor([0, 0, 1, 0, 0, 1]), torch.tensor([False] * 3 + [True] * 3)
    pairs = mining.all_pairs(labels, torch.zeros(6, dtype=torch.bool), sides)
    for first, second in (pairs.positives, pairs.negatives):
        assert len(first)
        assert (sides[first] != sides[second]).all()
    assert len(pairs.positives[0]) == 2 * (2 * 2 + 1)
    assert len(pairs.negatives[0]) == 2 * (2 * 1 + 1 * 2)


def test_partners_are_of_the_class_and_each_is_drawn_before_any_again() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1, 1])
    partners = sampling.Partners(labels, seed=0)
    drawn = [partners.draw(np.array([1, 0, 1, 0])) for _ in range(6)]
    assert all(labels[rows].tolist() == [1, 0, 1, 0] for rows in drawn)
    assert sorted(np.concatenate(drawn)[labels[np.concatenate(drawn)] == 1]) == [3] * 3 + [4] * 3 + [5] * 3 + [6] * 3
    assert len(partners.draw(np.zeros(5, int))) == 5
    begun = sampling.Partners(labels, seed=99)
    begun.restore(json.loads(json.dumps(partners.state())))
    assert partners.draw(np.array([0, 1])).tolist() == begun.draw(np.array([0, 1])).tolist()


def test_pairs_across_two_sources_have_a_row_of_each() -> None:
    first, second = np.repeat([0, 1, 2], 4), np.repeat([0, 1, 2, 3], [2, 5, 3, 9])
    pairs = sampling.cross_pairs(first, second, genuine=200, impostor=300, seed=0)
    assert ((first[pairs.first] == second[pairs.second]) == pairs.same).all()
    assert int(pairs.same.sum()) == 200
    assert set(second[pairs.second]) == {0, 1, 2}
    with pytest.raises(refusals.OneClassOnly):
        sampling.cross_pairs(first, np.array([1, 1, 7]), genuine=1, impostor=1, seed=0)


@pytest.mark.parametrize("changes", [{"data": {"second_source": ""}}, {"data": {"second_source": "sketch"}}])
def test_a_recipe_needs_both_second_source_and_second_network(changes: dict[str, Any]) -> None:
    with pytest.raises(refusals.RecipeRefused):
        plan(**changes)


def test_encoders_of_different_dimension_are_refused(tmp_path: Path) -> None:
    with pytest.raises(refusals.RecipeRefused, match="second_network"):
        begun(tmp_path, plan(second_network={"widths": [32, 5]}))


@pytest.mark.parametrize(
    ("source", "other"),
    [
        ("outline", OTHER),
        ("outline", {"architecture": "convnet", "widths": [4], "dimension": 8}),
        ("negative", {"architecture": "convnet", "widths": [4], "dimension": 8, "levels": 4}),
    ],
)
@pytest.mark.training
def test_two_encoders_learn_one_space(tmp_path: Path, source: str, other: dict[str, Any]) -> None:
    chosen = recipe.from_dict(
        {
            **{key: value for key, value in plan(steps=60).as_dict().items() if key not in {"network", "loss"}},
            "network": {"architecture": "convnet", "widths": [4, 8], "dimension": 8},
            "data": {"held_out_pictures": 4, "second_source": source},
            "second_network": other,
        }
    )
    trained = begun(tmp_path, chosen).finish()
    assert trained.other is not None
    assert trained.history[-1]["held_out_error"] < 0.3  # 0.5 where nothing is learnt
    assert trained.history[-1]["loss"] < trained.history[0]["loss"]


def test_a_continued_run_is_equal_to_the_bit_in_both_encoders(tmp_path: Path) -> None:
    chosen = plan(steps=20, stop={"patience": 5})
    begun(tmp_path / "whole", chosen).finish()
    begun(tmp_path / "parts", chosen).finish(until_step=10)
    torch.manual_seed(12345)
    continued = begun(tmp_path / "parts", chosen)
    assert continued.progress.step == 10
    continued.finish()
    one, other = (state.tensors(tmp_path / name / training.STATE) for name in ("whole", "parts"))
    assert one.keys() == other.keys()
    assert any(key.startswith("other/") for key in one)
    assert [key for key in one if not torch.equal(one[key], other[key])] == []
    first, second = (state.read_header(tmp_path / name / training.STATE) for name in ("whole", "parts"))
    assert first["partners"] == second["partners"]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, training.Trained]:
    folder = tmp_path_factory.mktemp("two")
    chosen = plan(steps=60)
    trained = begun(folder, chosen).finish()
    assert trained.other is not None
    drawn = shapes.drawn(120, seed=5)
    table = cross_source.calibrate(
        cross_source._embed(trained.encoder, drawn),
        drawn,
        cross_source._embed(trained.other, sources.other_side(drawn, chosen.data, given=None)),
        drawn,
        description="drawn",
    )[0]
    export.write(folder, name="tiny", recipe=chosen, trained=trained, data="drawn", metrics={}, calibrations={1: table})
    return folder, trained


@pytest.mark.training
def test_one_file_and_one_card_hold_both_encoders(kept: tuple[Path, training.Trained]) -> None:
    folder, trained = kept
    weights, card = checkpoints.load(folder, name="tiny")
    assert {key.partition(".")[0] for key in weights} == {"encoder", "other"}
    assert (card.architecture, card.further["second"]["architecture"]) == ("convnet", "dense")
    opened = comparator.open_card(folder, name="tiny")
    assert isinstance(opened.comparator, comparator.TwoSources)
    assert [one.runtime.split()[0] for one in (opened.comparator.encoder, opened.comparator.other)] == ["OpenVINO"] * 2
    pictures = shapes.drawn(6, seed=3).pictures
    for features, network in (
        (opened.comparator.features, trained.encoder),
        (opened.comparator.probe_features, trained.other),
    ):
        assert network is not None
        with torch.no_grad():
            expected = network(data.as_input(pictures)).numpy()
        assert np.allclose(features(pictures), expected, atol=1e-5)


def test_a_photo_can_be_compared_with_a_sketch(kept: tuple[Path, training.Trained], tmp_path: Path) -> None:
    folder, _ = kept
    drawn = shapes.drawn(9, seed=7)
    sketches = sources.outline(drawn.pictures)
    judge = comparator.open_card(folder, name="tiny").comparator
    scores = np.array([[judge.score(photo[None], sketch) for sketch in sketches] for photo in drawn.pictures])
    same = drawn.labels[:, None] == drawn.labels[None, :]
    assert scores[same].mean() > 0.6 > 0.4 > scores[~same].mean()
    (tmp_path / "bar").mkdir()
    for name, strokes in (("photo", 8), ("sketch", 2)):
        sheet = np.full((120, 120), 255, np.uint8)
        cv2.line(sheet, (60, 10), (60, 110), 0, strokes)
        cv2.imwrite(str(tmp_path / f"{name}.png"), sheet)
    asked = [str(tmp_path / "photo.png"), str(tmp_path / "sketch.png"), "--encoder", str(folder / "tiny.json")]
    assert command_line.main(["compare", *asked, "--json"]) in {0, 1}


def test_a_probe_of_a_negative_is_inverted_after_preparation() -> None:
    class Turned(comparator.TwoSources):
        def __init__(self) -> None:
            self.other = type("Other", (), {"preparation": PREPARATION})()

    card = checkpoints.Card(
        name="x", architecture="dense", preparation=PREPARATION, dimension=8, licence="", origin="", unknown=(),
        further={"second": {"negative": True}},
    )  # fmt: skip
    sheet = np.full((60, 60, 3), 255, np.uint8)
    sheet[10:50, 25:35] = 0
    opened = comparator.Opened(Turned(), card)
    assert (opened.prepare(sheet) + opened.prepare_probe(sheet) == 255).all()


PREPARATION = checkpoints.Preparation(
    kind="digit", width_pixels=28, height_pixels=28, channels=1, mean=0.0, scale=1 / 255
)


def test_a_card_without_its_second_encoder_is_a_fault(kept: tuple[Path, training.Trained], tmp_path: Path) -> None:
    folder, _ = kept
    card = json.loads((folder / "tiny.json").read_text())
    del card["second"]
    (tmp_path / "tiny.json").write_text(json.dumps(card))
    (tmp_path / "tiny.safetensors").write_bytes((folder / "tiny.safetensors").read_bytes())
    with pytest.raises(errors.ModelWrong, match="second"):
        comparator.open_card(tmp_path, name="tiny")


def test_two_encoders_cannot_be_averaged_with_others(kept: tuple[Path, training.Trained]) -> None:
    opened = comparator.open_card(kept[0], name="tiny")
    with pytest.raises(errors.ModelWrong, match="one encoder"):
        encoder_report.AveragedEncoders([opened])


def sheets(folder: Path, pictures: data.LabelledPictures) -> Path:
    for row in range(len(pictures)):
        path = folder / pictures.classes[pictures.labels[row]] / f"{row}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cv2.imencode(".png", pictures.pictures[row])[1])
    return folder


@pytest.mark.training
def test_given_sources_are_trained_and_evaluated_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawn = shapes.drawn(36)
    photos = sheets(tmp_path / "photos", drawn)
    sketches = sheets(tmp_path / "sketches", replace(drawn, pictures=sources.negative(drawn.pictures)))
    text = (
        'name = "given"\nsteps = 8\n[data]\npreparation = "grey"\nheld_out_pictures = 3\nsecond_source = "given"\n'
        '[network]\narchitecture = "convnet"\nwidths = [4]\ndimension = 8\n'
        '[second_network]\narchitecture = "dense"\nwidths = [16, 8]\nnormalized = true\nheight = 20\nwidth = 20\n'
        '[second_data]\npreparation = "grey"\nheight = 20\nwidth = 20\n[batch]\nclasses = 3\npictures = 4\n'
    )
    (tmp_path / "given.toml").write_text(text)
    asked = ["train", str(tmp_path / "given.toml"), "--data", str(photos), "--into", str(tmp_path / "run"), "--quiet"]
    assert command_line.main(asked) == 2
    assert "--second" in json.loads(capsys.readouterr().err)["message"]
    assert command_line.main([*asked, "--second", str(sketches)]) == 0
    capsys.readouterr()
    card = json.loads((tmp_path / "run" / "given.json").read_text())
    assert card["second"]["preparation"]["height_pixels"] == 20
    report = ["evaluate", str(photos), "--encoder", str(tmp_path / "run" / "given.json"), "--json"]
    assert command_line.main([*report, "--second", str(sketches)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["verification_across_sources"]["pairs"] == 40_000
    assert "3-way, 1 reference" in report["identification_across_sources"]
