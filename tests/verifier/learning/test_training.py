"""Training runs: learning, stopping, and continuation to the bit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.verifier.learning.shapes import drawn, plan
from verifier.learning import data, recipe, refusals, state, training

torch.set_num_threads(1)


def begun(folder: Path, chosen: recipe.Recipe) -> training.Run:
    return training.Run(chosen, data.prepare(drawn(), chosen.data, seed=chosen.seed), folder=folder)


def weights(run: training.Run) -> dict[str, torch.Tensor]:
    return {key: value.clone() for key, value in run.encoder.state_dict().items()}


@pytest.mark.training
def test_a_run_learns(tmp_path: Path) -> None:
    trained = begun(tmp_path, plan(steps=60)).finish()
    assert trained.history[-1]["held_out_error"] < 0.1
    assert trained.history[-1]["loss"] < trained.history[0]["loss"]
    assert (trained.steps, trained.pictures_seen) == (60, 720)
    assert not trained.encoder.training


@pytest.mark.parametrize(
    "loss",
    [
        "multi_similarity",
        pytest.param("triplet", marks=pytest.mark.training),
        pytest.param("arcface", marks=pytest.mark.training),
    ],
)
@pytest.mark.training
def test_a_continued_run_is_equal_to_the_bit(tmp_path: Path, loss: str) -> None:
    chosen = plan(loss={"name": loss}, steps=20)
    whole = begun(tmp_path / "whole", chosen)
    whole.finish()
    begun(tmp_path / "parts", chosen).finish(until_step=10)
    torch.manual_seed(12345)
    continued = begun(tmp_path / "parts", chosen)
    assert continued.progress.step == 10
    continued.finish()
    for key, value in weights(whole).items():
        assert torch.equal(value, continued.encoder.state_dict()[key]), key
    first, second = (state.read_header(tmp_path / name / training.STATE) for name in ("whole", "parts"))
    assert first["sampler"] == second["sampler"]
    assert first["progress"]["history"] == second["progress"]["history"]
    one, other = (state.tensors(tmp_path / name / training.STATE) for name in ("whole", "parts"))
    assert one.keys() == other.keys()
    assert [key for key in one if not torch.equal(one[key], other[key])] == []


@pytest.mark.training
def test_two_hundred_steps_equal_two_runs_of_a_hundred(tmp_path: Path) -> None:
    chosen = plan(steps=200, stop={"every_steps": 100})
    whole = begun(tmp_path / "whole", chosen)
    whole.finish()
    begun(tmp_path / "parts", chosen).finish(until_step=100)
    continued = begun(tmp_path / "parts", chosen)
    continued.finish()
    assert all(torch.equal(value, continued.encoder.state_dict()[key]) for key, value in weights(whole).items())
    assert all(
        torch.equal(first, second)
        for first, second in zip(
            state.tensors(tmp_path / "whole" / training.STATE).values(),
            state.tensors(tmp_path / "parts" / training.STATE).values(),
            strict=True,
        )
    )


@pytest.mark.training
def test_the_seed_determines_the_weights(tmp_path: Path) -> None:
    runs = []
    for row, seed in enumerate((5, 5, 6)):
        runs.append(begun(tmp_path / str(row), plan(steps=4, seed=seed)))
        runs[-1].finish()
    first, again, other = runs
    assert all(torch.equal(value, again.encoder.state_dict()[key]) for key, value in weights(first).items())
    assert not torch.equal(first.encoder.state_dict()["head.weight"], other.encoder.state_dict()["head.weight"])


@pytest.mark.training
def test_a_weight_that_is_not_finite_ends_the_run_and_keeps_the_last_state(tmp_path: Path) -> None:
    good = begun(tmp_path, plan())
    good.finish(until_step=10)
    broken = begun(tmp_path, plan())
    with torch.no_grad():
        next(broken.encoder.parameters()).fill_(torch.nan)
    with pytest.raises(refusals.TrainingDiverged) as caught:
        broken.finish()
    assert caught.value.facts == {"step": 10, "last_good_step": 10}
    assert begun(tmp_path, plan()).finish().steps == 30


@pytest.mark.training
def test_a_run_stops_when_the_held_out_error_no_longer_falls(tmp_path: Path) -> None:
    trained = begun(tmp_path, plan(steps=400, stop={"every_steps": 5, "patience": 3})).finish()
    assert trained.steps < 400
    best = min(trained.history, key=lambda entry: entry["held_out_error"])
    assert trained.chosen_step == best["step"]


def test_a_state_of_another_recipe_or_a_truncated_one_is_refused(tmp_path: Path) -> None:
    begun(tmp_path, plan(steps=10)).finish()
    with pytest.raises(refusals.StateInvalid, match="another recipe"):
        begun(tmp_path, plan(steps=11))
    file = tmp_path / training.STATE
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(refusals.StateInvalid):
        begun(tmp_path, plan(steps=10))


def test_the_learning_rate_warms_up_and_ends_at_zero() -> None:
    chosen = plan(steps=100, optimizer={"learning_rate": 0.1, "warm_up_steps": 10})
    assert training.rate_at(0, chosen) == pytest.approx(0.01)
    assert training.rate_at(10, chosen) == pytest.approx(0.1)
    assert training.rate_at(100, chosen) == pytest.approx(0.0, abs=1e-9)
    steady = plan(optimizer={"schedule": "constant", "warm_up_steps": 0, "learning_rate": 0.1})
    assert training.rate_at(17, steady) == 0.1


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_every_optimizer_trains_dense_layers(tmp_path: Path, name: str) -> None:
    chosen = plan(
        steps=2,
        optimizer={"name": name},
        network={"architecture": "dense"},
        loss={"name": "contrastive", "margin": 1.0},
    )
    chosen = recipe.from_dict(
        {**chosen.as_dict(), "network": {"architecture": "dense", "widths": [8, 2]}, "loss": {"name": "contrastive"}}
    )
    assert begun(tmp_path, chosen).finish().steps == 2
