"""Explanation of similarity: its worked examples and quiz answers are right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from verifier.evaluation import few_shot
from verifier.learning import losses

PAGE = " ".join((Path(__file__).resolve().parents[3] / "docs" / "explanation" / "similarity.md").read_text().split())


def contrastive(distance: float, *, same: bool) -> float:
    return float(losses.contrastive_of_distances(torch.tensor([distance]), same=torch.tensor([same]))[0])


def test_the_table_of_the_contrastive_loss_is_right() -> None:
    rows = re.findall(r"\| ([\d.]+) \| (similar|dissimilar) \| (?:[\d.]+² = )?([\d.]+)", PAGE)
    assert len(rows) == 3
    for distance, kind, cost in rows:
        assert contrastive(float(distance), same=kind == "similar") == pytest.approx(float(cost))


def test_the_costs_of_the_triplets_are_right() -> None:
    found = re.search(
        r"With m = 0.3: \(([\d.]+), ([\d.]+)\) costs ([\d.]+); \(([\d.]+), ([\d.]+)\) costs nothing", PAGE
    )
    assert found is not None
    near, far, cost, second_near, second_far = (torch.tensor(float(word)) for word in found.groups())
    assert float(losses.triplet_of_distances(near, far, margin=0.3)) == pytest.approx(float(cost))
    assert float(losses.triplet_of_distances(second_near, second_far, margin=0.3)) == 0


def test_the_numeric_quiz_answers_are_right() -> None:
    assert f"1: {contrastive(0.4, same=True):.2f}." in PAGE
    assert contrastive(1.2, same=False) == 0
    assert "2: Nothing." in PAGE
    constant = torch.ones(12, 2).numpy()
    collapsed = few_shot.accuracy(constant, torch.arange(12).numpy() % 3, references=1, draws=5, seed=0)
    assert f"3: {collapsed:.0f}, with ties" in PAGE
