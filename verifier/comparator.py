"""Comparators: similarity of a probe and the references of one class, 0 (unlike) to 1 (alike).

The interface is `Comparator.score(references, probe)`, with one to n references (the support set). A comparator turns
pictures into features, scores pairs of features (larger is more alike), joins the scores of the references, and
converts the result by its own calibration:

- `SingleEncoder`: cosine of embeddings. The only one that FAISS can search.
- `SpreadCorrected`: another comparator's score, less a share of the mean similarity *among* the references. A person
  whose signatures hardly vary is compared more strictly than one whose signatures vary much.
- `LearnedPair`: a scikit-learn classifier on the absolute difference of the features.
- `MatchedStrokes`: how well the strokes of two drawings overlap, without any training.
- `WeightedMean`: weighted mean of several comparators.
- `TwoSources`: references of one kind (photos) and probes of another (sketches), an encoder for each.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from verifier import checkpoints, distance, errors, origins
from verifier.calibration import Calibration
from verifier.encoder import Encoder
from verifier.inference import onnx_files, opening
from verifier.inference.onnx_files import Part
from verifier.plain import preparation, strokes
from verifier.values import FloatArray, RgbImage

if TYPE_CHECKING:
    from torch import nn

Pictures = NDArray[np.uint8]
"""(n, height, width) or (n, height, width, 3), as the encoder sees them."""
Scores = NDArray[np.float64]
WEIGHTS = origins.WEIGHTS
"""The encoders that come with the library, each with its card."""

MEAN_SHARE = 0.5
"""Of several references the mean counts half and the most similar one the other half."""


class Comparator(ABC):
    """Features of pictures, scores of pairs, one similarity for a support set.

    `calibrations`: number of references -> table; for n the largest number not above n is used.
    `ceiling`: evidence at which the distance is 0.
    """

    ceiling = 1.0
    spread_share = 0.0

    def __init__(self) -> None:
        self.calibrations: dict[int, Calibration] = {}

    @abstractmethod
    def features(self, pictures: Pictures) -> Any:
        """Return what `pair_scores` needs of each picture; the first axis, or each list in it, is over the pictures."""

    def probe_features(self, pictures: Pictures) -> Any:
        """Return the features of probes, which differ from `features` only where probes are of another source."""
        return self.features(pictures)

    @abstractmethod
    def pair_scores(self, first: Any, second: Any) -> Scores:
        """Return the score of every picture of one side with every one of the other, (n, m); larger is more alike."""

    def evidence(self, to_probe: Scores, among: Scores) -> Scores:
        """Join the scores of references and probes (r, q) and among the references (r, r) into one per probe (q,)."""
        joined = MEAN_SHARE * to_probe.mean(axis=0) + (1 - MEAN_SHARE) * to_probe.max(axis=0)
        count = len(among)
        if count < 2 or not self.spread_share:
            return np.asarray(joined)
        spread = (among.sum() - np.trace(among)) / (count * (count - 1))
        return np.asarray(joined - self.spread_share * spread)

    def distance_of(self, evidence: Scores) -> Scores:
        """Return the distance, 0 upward and smaller for more alike, on which the calibration is fitted."""
        return np.maximum(0.0, self.ceiling - evidence)

    def distance(self, references: Pictures, probe: Pictures) -> float:
        """Return the distance of one probe (h, w[, 3]) to the references of one class (n, h, w[, 3])."""
        if not len(references):
            raise errors.BadImage(reason="no_reference")
        known, probes = self.features(references), self.probe_features(probe[None])
        joined = self.evidence(self.pair_scores(known, probes), self.pair_scores(known, known))
        return float(self.distance_of(joined)[0])

    def calibration(self, references: int) -> Calibration:
        """Return the table for this number of references; raises `ModelWrong` when none was fitted."""
        fitting = [number for number in self.calibrations if number <= max(references, 1)]
        if not fitting:
            raise errors.ModelWrong(file="card", expected="a calibration", found="none")
        return self.calibrations[max(fitting)]

    def score(self, references: Pictures, probe: Pictures) -> float:
        """Return the similarity, 0 (unlike) to 1 (alike)."""
        return self.calibration(len(references)).similarity(self.distance(references, probe))


class SingleEncoder(Comparator):
    """Cosine of embeddings; the distance is that of unit vectors, 0 to 2, as everywhere in the library."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def features(self, pictures: Pictures) -> FloatArray:
        """Embeddings (n, d)."""
        crops = pictures[..., None] if pictures.ndim == 3 else pictures
        return self.encoder.encode(crops)

    def pair_scores(self, first: FloatArray, second: FloatArray) -> Scores:
        """Cosines."""
        return np.asarray(first.astype(np.float64) @ second.astype(np.float64).T)

    def distance_of(self, evidence: Scores) -> Scores:
        """Euclidean distance that belongs to the cosine."""
        return distance.from_cosine(evidence)


class TwoSources(SingleEncoder):
    """Two encoders with one embedding space: `encoder` for references, `other` for probes; not symmetric."""

    def __init__(self, encoder: Encoder, other: Encoder) -> None:
        super().__init__(encoder)
        self.other = other

    def probe_features(self, pictures: Pictures) -> FloatArray:
        """Embeddings (n, d) by the second encoder."""
        crops = pictures[..., None] if pictures.ndim == 3 else pictures
        return self.other.encode(crops)


class SpreadCorrected(Comparator):
    """Any comparator, less a share of the mean similarity among the references."""

    def __init__(self, inner: Comparator, *, share: float = 0.5) -> None:
        super().__init__()
        self.inner, self.spread_share, self.ceiling = inner, share, inner.ceiling

    def features(self, pictures: Pictures) -> Any:
        """As the inner one."""
        return self.inner.features(pictures)

    def pair_scores(self, first: Any, second: Any) -> Scores:
        """As the inner one."""
        return self.inner.pair_scores(first, second)

    def distance_of(self, evidence: Scores) -> Scores:
        """As the inner one, so that a single reference keeps its distance."""
        return self.inner.distance_of(evidence)


class Classifier(Protocol):
    """Any scikit-learn classifier with a decision function; classes in the order different, same."""

    def decision_function(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return one value a row; larger is more probably the same class."""


class LearnedPair(Comparator):
    """A classifier on the absolute difference of two feature vectors.

    `describe`: one picture -> its feature vector. The classifier's decision, squeezed to -1..1, is the score.
    """

    def __init__(self, describe: Callable[[NDArray[np.uint8]], FloatArray], classifier: Classifier) -> None:
        super().__init__()
        self.describe, self.classifier = describe, classifier

    def features(self, pictures: Pictures) -> FloatArray:
        """Feature vectors (n, d)."""
        return np.stack([self.describe(picture) for picture in pictures])

    def pair_scores(self, first: FloatArray, second: FloatArray) -> Scores:
        """Symmetric by construction."""
        rows = [self.classifier.decision_function(np.abs(second - one).astype(np.float64)) for one in first]
        return np.tanh(np.stack(rows) / 4)


class MatchedStrokes(Comparator):
    """Stroke matching of drawings laid over each other (`plain.strokes`); nothing is learnt."""

    def features(self, pictures: Pictures) -> strokes.Strokes:
        """Points on the strokes."""
        return strokes.extract(pictures)

    def pair_scores(self, first: strokes.Strokes, second: strokes.Strokes) -> Scores:
        """Return 1 for strokes that coincide, -1 where none meet."""
        return strokes.similarities(first, second)


class WeightedMean(Comparator):
    """Weighted mean of the pair scores of several comparators; the weights are divided by their sum."""

    def __init__(self, parts: Sequence[tuple[Comparator, float]]) -> None:
        super().__init__()
        total = sum(weight for _, weight in parts)
        self.parts = [(part, weight / total) for part, weight in parts]

    def features(self, pictures: Pictures) -> list[Any]:
        """One entry a part."""
        return [part.features(pictures) for part, _ in self.parts]

    def pair_scores(self, first: list[Any], second: list[Any]) -> Scores:
        """Sum over the parts."""
        scores = [
            weight * part.pair_scores(one, other)
            for (part, weight), one, other in zip(self.parts, first, second, strict=True)
        ]
        return np.asarray(sum(scores))


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A comparator with its card, and the preparation of any picture for it."""

    comparator: Comparator
    card: checkpoints.Card

    def prepare(self, image: RgbImage) -> Pictures:
        """Return an RGB picture as the encoder sees it, uint8 (h, w) or (h, w, 3). Raises `BadImage` if blank."""
        return _prepared(image, self.card.preparation)

    def prepare_probe(self, image: RgbImage) -> Pictures:
        """Return the same for a probe, which in a two-source task is of the second source."""
        if not isinstance(self.comparator, TwoSources):
            return self.prepare(image)
        made = _prepared(image, self.comparator.other.preparation)
        # The preparation makes ink light on any paper; the second encoder of a negative expects it dark.
        return np.asarray(255 - made, dtype=np.uint8) if self.card.further["second"].get("negative") else made


def _prepared(image: RgbImage, wanted: checkpoints.Preparation) -> Pictures:
    return preparation.prepare(
        image, kind=wanted.kind, height_pixels=wanted.height_pixels, width_pixels=wanted.width_pixels
    )


def open_card(folder: Path, *, name: str, prepared: Path | None = None) -> Opened:
    """Open `NAME.json` and the files it refers to; the networks run on this thread, in float32.

    `prepared`: another folder in which the ONNX files may lie; without any, torch runs the networks.

    Raises:
        ModelMissing, ModelWrong: a file is not there, or not the one that its card names.
    """
    card = checkpoints.read_card(folder / f"{name}.json")
    recipe = card.further.get("comparator", {"kind": "single"})
    opened = build(recipe, folder, name, prepared=prepared)
    opened.calibrations = {
        int(number): Calibration.from_card(table) for number, table in card.further.get("calibrations", {}).items()
    }
    if card.calibration is not None:
        opened.calibrations.setdefault(1, Calibration.from_card(card.calibration))
    return Opened(comparator=opened, card=card)


def build(recipe: Mapping[str, Any], folder: Path, name: str, *, prepared: Path | None = None) -> Comparator:
    """Build the comparator that a card's `comparator` block describes, from the files in `folder`, uncalibrated.

    Raises:
        ModelMissing, ModelWrong: a file is not there, or not the one described.
    """
    kind = recipe.get("kind")
    if kind == "single":
        return SingleEncoder(open_encoder(folder, name=recipe.get("file", name), prepared=prepared))
    if kind == "two_sources":
        return TwoSources(*_encoders(folder, name=name, prepared=prepared))
    if kind == "strokes":
        return MatchedStrokes()
    if kind == "spread_corrected":
        return SpreadCorrected(build(recipe["inner"], folder, name, prepared=prepared), share=float(recipe["share"]))
    if kind == "weighted_mean":
        return WeightedMean(
            [(build(part["part"], folder, name, prepared=prepared), float(part["weight"])) for part in recipe["parts"]]
        )
    raise errors.ModelWrong(file=f"{name}.json", expected="a known comparator", found=str(kind))


def open_encoder(folder: Path, *, name: str, prepared: Path | None = None) -> Encoder:
    """Open one network of our own by its card."""
    return _encoders(folder, name=name, prepared=prepared)[0]


def _encoders(folder: Path, *, name: str, prepared: Path | None) -> list[Encoder]:
    """Open the networks of a checkpoint, one or two."""
    weights, card = checkpoints.load(folder, name=name)
    folders = (folder,) if prepared is None else (folder, prepared)
    return [_encoder(weights, card, part, folders=folders) for part in onnx_files.parts(card, name=name)]


def _encoder(weights: checkpoints.Weights, card: checkpoints.Card, part: Part, *, folders: tuple[Path, ...]) -> Encoder:
    def reference() -> nn.Module:
        from verifier.networks import catalogue  # noqa: PLC0415  (brings torch, the fall-back)

        network = catalogue.build(part.architecture, part.options)
        try:
            catalogue.load_weights(network, part.own(weights))
        except ValueError as error:
            raise errors.ModelWrong(file=card.name, expected=part.architecture, found=str(error)) from error
        return network

    opened = opening.network(
        onnx_files.find(part, card=card, folders=folders),
        module=reference,
        name=f"{card.name} {part.name}",
        shape=part.shape,
        precision="float32",
    )
    return Encoder(opened.opened, name=card.name, preparation=part.preparation)
