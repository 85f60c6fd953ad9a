"""The pictures of the encoders that come with Muster can be drawn, and are shown from then on."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from attendance.recognition import training


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(training, "runs_folder", lambda: tmp_path / "training")
    return tmp_path / "training"


def test_pictures_of_those_that_ship_are_drawn_from_data_of_ones_own(desk: Client, runs: Path) -> None:
    page = desk.get(reverse("models"))
    assert "--encoder digits --pictures" in page.text
    assert "--encoder signatures --pictures" not in page.text  # several joined give no embedding
    assert "--encoder sface --pictures" not in page.text
    digits = next(one for one in training.kept() if one.stem == "digits")
    (runs / digits.run).mkdir(parents=True)
    (runs / digits.run / "curves.png").write_bytes(b"\x89PNG")
    page = desk.get(reverse("models"))
    assert reverse("model_picture", args=[digits.run, "curves"]) in page.text
    assert "--encoder digits --pictures" not in page.text
