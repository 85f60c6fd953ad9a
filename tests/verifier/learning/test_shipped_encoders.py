"""Published figures of the shipped encoders and of the shortcut probe."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from verifier import comparator
from verifier.evaluation import shortcut
from verifier.learning import encoder_metrics, encoder_report, readers

pytestmark = [pytest.mark.dataset, pytest.mark.slow, pytest.mark.timeout(600)]
DATA = Path(os.environ.get("MUSTER_DATA", "."))


def test_the_digits_encoder_has_its_published_figures_on_mnist() -> None:
    report = encoder_report.measure(DATA / "mnist.npz", opened=[encoder_report.open_named("digits")])
    assert report["verification"]["ten_fold_accuracy"] >= 0.992
    assert report["verification"]["equal_error"] <= 0.008
    assert report["identification"]["10-way, 1 reference"] >= 0.990
    assert report["identification"]["10-way, 5 references"] >= 0.992


def test_the_shortcut_probe_finds_darker_ink_in_grey_and_little_in_binary_pictures() -> None:
    leaks = {}
    for kind in ("darkness", "signature"):
        data = readers.Reader(kind, height_pixels=96, width_pixels=192).read(DATA / "signatures", part="test")
        assert int(np.sum(data.forged)) > 100
        leaks[kind] = shortcut.probe(data.pictures, data.forged)[0].area_under_curve
    assert leaks["darkness"] >= 0.95
    assert leaks["signature"] <= 0.62


def test_the_signatures_comparator_has_its_published_figures() -> None:
    test = readers.Reader("signature", height_pixels=96, width_pixels=192).read(DATA / "signatures", part="test")
    figures = encoder_metrics.signatures(comparator.open_card(comparator.WEIGHTS, name="signatures").comparator, test)
    errors = [figures[count]["skilled_equal_error"] for count in ("1", "3", "5")]
    assert errors == sorted(errors, reverse=True)
    assert np.all(np.array(errors) <= (0.24, 0.15, 0.135))
    at_random = [figures[count]["random_equal_error"] for count in ("1", "5")]
    assert np.all(np.array(at_random) <= (0.06, 0.025))
