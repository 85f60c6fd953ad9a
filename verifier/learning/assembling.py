"""How are several networks and the untrained description of strokes joined into one judge of signatures?

The pair scores of the networks (cosines) and of a logistic regression on differences of stroke directions are
averaged; of two or more references, half of the mean similarity among them is subtracted. The regression learns from
the signers the networks learnt from; the tables are fitted on signers held out of both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from verifier import checkpoints, comparator
from verifier.checkpoints import Card
from verifier.learning import finishing, measuring
from verifier.learning.data import LabelledPictures, check_apart
from verifier.plain import shape

AXES = 120
"""Principal components kept of the stroke directions."""
STRENGTH = 0.03
"""Inverse regularization of the regression; many axes and few signers."""
OTHERS = 6
"""Signatures of other signers drawn against each genuine one."""
SHAPE_WEIGHT = 0.5
"""Of the regression, against 1 for all networks together."""
SPREAD_SHARE = 0.5
KEPT = ("options", "comparator", "recipe", "seed", "data", "training", "commit")
"""What of a network's card goes into the copy's."""
LICENCE = "research use only, as the signatures it was trained on"


def assemble(
    folder: Path,
    *,
    networks: Sequence[Path],
    training: LabelledPictures,
    held_out: LabelledPictures,
    test: LabelledPictures | None,
    told: str,
    seed: int = 0,
) -> Card:
    """Write `signatures.json`, `signatures-shape.*` and copies of the networks into `folder`; return the card."""
    check_apart(training, held_out, by_class=True)
    cards = [_copied(path, folder, number) for number, path in enumerate(networks)]
    preparation = cards[0].preparation
    _write_shape(folder, training, preparation=preparation, seed=seed, told=told)
    files = [f"signatures-{number}" for number in range(len(networks))]
    parts: list[dict[str, Any]] = [
        {"part": {"kind": "single", "file": name}, "weight": 1 / len(files)} for name in files
    ]
    parts.append({"part": {"kind": "shape", "file": "signatures-shape"}, "weight": SHAPE_WEIGHT})
    recipe = {
        "kind": "spread_corrected",
        "share": SPREAD_SHARE,
        "inner": {"kind": "weighted_mean", "parts": parts},
    }
    names = "".join(card.name for card in cards)
    card = Card(
        name=f"signatures-{hashlib.sha256(names.encode()).hexdigest()[:8]}",
        architecture="comparator",
        preparation=preparation,
        dimension=cards[0].dimension,
        licence=LICENCE,
        origin="networks trained by the recipe signatures of this library, with stroke directions",
        unknown=(
            "How far it holds for other countries' hands, other pens and photographed paper was not measured.",
            "It judges the form only: pressure, speed and ink are not seen. It is no evidence.",
        ),
        further={"comparator": recipe, "data": told, "seed": seed, "commit": finishing.commit()},
    )
    checkpoints.write_card(folder / "signatures.json", card=card)
    opened = comparator.open_card(folder, name="signatures").comparator
    tables = measuring.signature_calibrations(opened, held_out, told=f"{len(held_out.classes)} signers held out")
    metrics: dict[str, Any] = {"held_out": measuring.signatures(opened, held_out)}
    if test is not None:
        check_apart(held_out, test, by_class=True)
        check_apart(training, test, by_class=True)
        metrics["test"] = measuring.signatures(opened, test, calibrations=tables)
        metrics["shortcut_probe"] = measuring.leaks(test)
    kept = {str(count): table.to_card() for count, table in tables.items() if count != 1}
    finished = Card(
        name=card.name,
        architecture=card.architecture,
        preparation=preparation,
        dimension=card.dimension,
        licence=card.licence,
        origin=card.origin,
        unknown=card.unknown,
        calibration=tables[1].to_card(),
        further=card.further | {"calibrations": kept, "metrics": metrics, "training": [c.further for c in cards]},
    )
    checkpoints.write_card(folder / "signatures.json", card=finished)
    return finished


def _copied(path: Path, folder: Path, number: int) -> Card:
    weights, card = checkpoints.load(path.parent, name=path.stem)
    told = {
        name: card.further[name] for name in ("options", "comparator", "recipe", "seed", "data", "training", "commit")
    }
    kept = Card(
        name=card.name,
        architecture=card.architecture,
        preparation=card.preparation,
        dimension=card.dimension,
        licence=LICENCE,
        origin=card.origin,
        unknown=card.unknown,
        calibration=card.calibration,
        further=told,
    )
    saved = checkpoints.save(folder, name=f"signatures-{number}", weights=weights, card=kept)
    return Card(**{name: getattr(saved, name) for name in Card.__slots__ if name != "further"}, further={
        "seed": told["seed"], "training": told["training"], "recipe": told["recipe"]["name"], "commit": told["commit"],
    })  # fmt: skip


def _write_shape(
    folder: Path, training: LabelledPictures, *, preparation: checkpoints.Preparation, seed: int, told: str
) -> None:
    directions = np.stack([shape.gradients(picture) for picture in training.pictures])
    axes = PCA(AXES, random_state=seed).fit(directions)
    reduced = axes.transform(directions)
    first, second, same = _pairs(training, seed)
    judge = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=2000)
    judge.fit(np.abs(reduced[first] - reduced[second]), same)
    weights = {
        "middle": axes.mean_.astype(np.float32),
        "axes": axes.components_.astype(np.float32),
        "coefficients": judge.coef_[0].astype(np.float32),
        "intercept": judge.intercept_.astype(np.float32),
    }
    card = Card(
        name="signatures-shape",
        architecture="learned pair",
        preparation=preparation,
        dimension=AXES,
        licence=LICENCE,
        origin="logistic regression on differences of stroke directions, by this library",
        unknown=(),
        further={"comparator": {"kind": "shape"}, "data": told, "seed": seed, "commit": finishing.commit()},
    )
    checkpoints.save(folder, name="signatures-shape", weights=weights, card=card)


def _pairs(data: LabelledPictures, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Genuine with genuine of one signer; against them that signer's forgeries and a few of other signers."""
    generator = np.random.default_rng(seed)
    rows: list[tuple[int, int, bool]] = []
    for label in range(len(data.classes)):
        own = np.flatnonzero((data.labels == label) & ~data.forged)
        false = np.flatnonzero((data.labels == label) & data.forged)
        others = np.flatnonzero((data.labels != label) & ~data.forged)
        for number, row in enumerate(own):
            rows += [(int(row), int(other), True) for other in own[:number]]
            rows += [(int(row), int(other), False) for other in false]
            rows += [(int(row), int(other), False) for other in generator.choice(others, OTHERS, replace=False)]
    table = np.array(rows)
    return table[:, 0], table[:, 1], table[:, 2].astype(bool)
