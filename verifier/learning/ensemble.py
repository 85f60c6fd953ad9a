"""Ensemble for signatures: several networks and the matching of strokes joined into one comparator.

The pair scores of the networks (cosines) and of the matched strokes are averaged; for two or more references, a share
of the mean similarity among them is subtracted. Each network held out another fold of the signers. The tables are
fitted on all signers, each scored by the one network that was not trained on that signer. The ensemble of all networks
has slightly smaller errors than a single one, so the tables are on the safe side.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from verifier import checkpoints, comparator
from verifier.checkpoints import Card
from verifier.inference import onnx_files
from verifier.learning import encoder_metrics, export, recipe, refusals
from verifier.learning.data import LabelledPictures, check_apart, held_out_names, hold_out_classes

STROKES_WEIGHT = 1.5
"""Weight of stroke matching, against 1 for all networks together."""
SPREAD_SHARE = 0.75
"""Share of the mean similarity among the references that is subtracted."""
LICENCE = "research use only, as the signatures it was trained on"


@dataclass(frozen=True, slots=True, eq=False)
class _Member:
    """A trained network, and the signers that it held out."""

    path: Path
    card: Card
    unseen: tuple[str, ...]


def assemble(
    folder: Path,
    *,
    networks: Sequence[Path],
    signers: LabelledPictures,
    test: LabelledPictures | None,
    description: str,
) -> Card:
    """Write `signatures.json` and copies of the networks into `folder`; return the card.

    `signers`: every signer that the networks were trained on; each must be held out by exactly one of the networks.

    Raises:
        DataRefused: a signer was held out by no network, or by two.
    """
    members = [_member(path, signers) for path in networks]
    _check_folds(members, signers)
    cards = [_copied(member, folder, number) for number, member in enumerate(members)]
    unseen = _unseen_trials(members, signers)
    tables = encoder_metrics.signature_tables(
        unseen,
        classes=len(signers.classes),
        description=f"{len(signers.classes)} signers, each by what has not seen them",
    )
    metrics: dict[str, Any] = {"held_out": encoder_metrics.signature_figures(unseen)}
    parts = _parts([f"signatures-{number}" for number in range(len(members))])
    plan = _plan(parts)
    named_by = json.dumps([[member.card.name for member in members], plan])
    if test is not None:
        check_apart(signers, test, by_class=True)
        joined = comparator.build(plan, folder, "signatures")
        metrics["test"] = encoder_metrics.signatures(joined, test, calibrations=tables)
        for kind, alone in (("networks", parts[:-1]), ("strokes", parts[-1:])):
            joined = comparator.build(_plan(alone), folder, "signatures")
            metrics[f"test_{kind}_alone"] = encoder_metrics.signatures(joined, test)
        metrics["shortcut_probe"] = encoder_metrics.shortcut_leaks(test)
    card = Card(
        name=f"signatures-{hashlib.sha256(named_by.encode()).hexdigest()[:8]}",
        architecture="comparator",
        preparation=cards[0].preparation,
        dimension=cards[0].dimension,
        licence=LICENCE,
        origin="networks trained by the recipe signatures of this library, with strokes laid over each other",
        unknown=(
            "How far it holds for other countries' hands, other pens and photographed paper was not measured.",
            "It compares the form only: pressure, speed and ink are not seen. It is no evidence.",
        ),
        calibration=tables[1].to_card(),
        further={
            "comparator": plan,
            "data": description,
            "commit": export.code_commit(),
            "calibrations": {str(count): table.to_card() for count, table in tables.items() if count != 1},
            "metrics": metrics,
            "training": [card.further for card in cards],
        },
    )
    checkpoints.write_card(folder / "signatures.json", card=card)
    return card


def _parts(files: Sequence[str]) -> list[dict[str, Any]]:
    """Return the networks and the stroke matching as parts of a card's comparator, each with its weight."""
    parts: list[dict[str, Any]] = [
        {"part": {"kind": "single", "file": name}, "weight": 1 / len(files)} for name in files
    ]
    return [*parts, {"part": {"kind": "strokes"}, "weight": STROKES_WEIGHT}]


def _plan(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the comparator block of these parts, from which `comparator.open_card` builds them."""
    return {"kind": "spread_corrected", "share": SPREAD_SHARE, "inner": {"kind": "weighted_mean", "parts": parts}}


def _comparator_of_one(network: comparator.Comparator) -> comparator.SpreadCorrected:
    """Return the comparator of `_plan` with one network in the place of all."""
    mean = comparator.WeightedMean([(network, 1.0), (comparator.MatchedStrokes(), STROKES_WEIGHT)])
    return comparator.SpreadCorrected(mean, share=SPREAD_SHARE)


def _member(path: Path, signers: LabelledPictures) -> _Member:
    _, card = checkpoints.load(path.parent, name=path.stem)
    plan = recipe.from_dict(card.further["recipe"])
    return _Member(path=path, card=card, unseen=held_out_names(signers.classes, plan.data, seed=plan.seed))


def _check_folds(members: Sequence[_Member], signers: LabelledPictures) -> None:
    held_out = [name for member in members for name in member.unseen]
    for name in signers.classes:
        if held_out.count(name) != 1:
            raise refusals.DataRefused(
                path="", reason=f"signer {name} was held out by {held_out.count(name)} of the networks instead of one"
            )


def _unseen_trials(members: Sequence[_Member], signers: LabelledPictures) -> encoder_metrics.TrialsByReferences:
    """Return every signer's trials by the one network that was not trained on this signer."""
    pooled: encoder_metrics.TrialsByReferences = {}
    for member in members:
        _, unseen = hold_out_classes(signers, member.unseen)
        encoder = comparator.open_encoder(member.path.parent, name=member.path.stem)
        joined = _comparator_of_one(comparator.SingleEncoder(encoder))
        for count, trials in encoder_metrics.all_signature_trials(joined, unseen).items():
            pooled.setdefault(count, []).extend(trials)
    return pooled


def _copied(member: _Member, folder: Path, number: int) -> Card:
    weights, card = checkpoints.load(member.path.parent, name=member.path.stem)
    further = {
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
        further=further,
    )
    saved = checkpoints.save(folder, name=f"signatures-{number}", weights=weights, card=kept)
    onnx_files.write(folder, name=f"signatures-{number}")
    return replace(
        saved,
        further={
            "seed": further["seed"],
            "training": further["training"],
            "recipe": further["recipe"]["name"],
            "held_out": list(member.unseen),
            "commit": further["commit"],
        },
    )
