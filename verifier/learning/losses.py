"""Contrastive, triplet and proxy losses on embeddings.

Names are those of the field. Similar pairs are always given by a boolean tensor `same` (True: similar) or by class
labels, never by 0 or 1: Hadsell writes Y = 0 for similar pairs, much code the reverse, and a flipped convention trains
the opposite without an error.

Equations, d the Euclidean distance, m the margin, s the cosine:

- contrastive (Hadsell, Chopra, LeCun, CVPR 2006): (1 - Y) d^2 + Y max(0, m - D')^2, Y = 0 similar,
  D' = sqrt(d^2 + 1e-6). The epsilon stands inside the root of the dissimilar term only: it keeps the gradient
  finite where two unlike embeddings coincide, and leaves the similar term exact.
- triplet (Schroff et al., CVPR 2015, arXiv 1503.03832): max(0, d(a, p) - d(a, n) + m), with d or 1 - s.
- multi-similarity (Wang et al., CVPR 2019, arXiv 1904.06627), SupCon (Khosla et al., NeurIPS 2020,
  arXiv 2004.11362), angular (Wang et al., ICCV 2017, arXiv 1708.01682), normalized softmax (Zhai and Wu, BMVC
  2019, arXiv 1811.12649), ArcFace (Deng et al., CVPR 2019, arXiv 1801.07698): from pytorch-metric-learning.

Every loss refuses a batch without a genuine or without an impostor pair (`refusals.UnusableBatch`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from verifier.learning import mining, refusals

EPSILON = 1e-6
"""Inside the root of the dissimilar term; square of a distance."""


def distances_between(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return the distance of each pair of rows, (n, d) and (n, d) -> (n,); symmetric to the bit, gradient 0 at 0."""
    if first.shape != second.shape:
        raise ValueError(f"shapes differ: {tuple(first.shape)} and {tuple(second.shape)}")
    distances: torch.Tensor = torch.linalg.vector_norm(first - second, dim=-1)
    return distances


def contrastive_of_distances(distances: torch.Tensor, *, same: torch.Tensor, margin: float = 1.0) -> torch.Tensor:
    """Return Hadsell's loss of each pair from its distance, without epsilon; `same` is boolean, of the same shape."""
    _check_same(same, distances)
    apart = (margin - distances).clamp_min(0)
    return torch.where(same, distances.square(), apart.square())


def contrastive(first: torch.Tensor, second: torch.Tensor, *, same: torch.Tensor, margin: float = 1.0) -> torch.Tensor:
    """Return Hadsell's loss of each pair of embeddings, (n, d) and (n, d) -> (n,); the gradient is always finite."""
    if first.shape != second.shape:
        raise ValueError(f"shapes differ: {tuple(first.shape)} and {tuple(second.shape)}")
    squared = (first - second).square().sum(dim=-1)
    _check_same(same, squared)
    apart = (margin - torch.sqrt(squared + EPSILON)).clamp_min(0)
    return torch.where(same, squared, apart.square())


def triplet_of_distances(positive: torch.Tensor, negative: torch.Tensor, *, margin: float = 0.2) -> torch.Tensor:
    """Return the loss of each triplet from the distances to its positive and to its negative."""
    return (positive - negative + margin).clamp_min(0)


def triplet(
    anchors: torch.Tensor,
    positives: torch.Tensor,
    negatives: torch.Tensor,
    *,
    margin: float = 0.2,
    metric: str = "euclidean",
) -> torch.Tensor:
    """Return the loss of each triplet of embeddings; `metric` is euclidean or cosine (1 - s)."""
    if metric == "cosine":
        near = 1 - nn.functional.cosine_similarity(anchors, positives)
        far = 1 - nn.functional.cosine_similarity(anchors, negatives)
    else:
        near, far = distances_between(anchors, positives), distances_between(anchors, negatives)
    return triplet_of_distances(near, far, margin=margin)


class BatchLoss(nn.Module):
    """A loss of a whole batch: `forward(embeddings, labels, forged=None, sides=None)` -> one number.

    `forged` marks forgeries of a class: they are negatives of every class, are never anchors, and pairs of two of them
    are ignored. `sides`: source of each row in a two-source task, where only pairs across sources count.
    """

    takes_forgeries = True

    def forward(
        self,
        embeddings: torch.Tensor,
        labels: torch.Tensor,
        forged: torch.Tensor | None = None,
        sides: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Check the batch and return its loss."""
        if forged is None:
            forged = torch.zeros_like(labels, dtype=torch.bool)
        elif forged.any() and not self.takes_forgeries:
            raise refusals.RecipeRefused(recipe="", key="batch.forgeries", reason="this loss does not use forgeries")
        pairs = mining.all_pairs(labels, forged, sides)
        if not len(pairs.positives[0]):
            raise refusals.UnusableBatch(missing="genuine")
        if not len(pairs.negatives[0]):
            raise refusals.UnusableBatch(missing="impostor")
        # Sums are never computed in half precision; float64 stays float64.
        exact = embeddings if embeddings.dtype == torch.float64 else embeddings.float()
        return self.summed(exact, labels, pairs)

    def summed(self, embeddings: torch.Tensor, labels: torch.Tensor, pairs: mining.Pairs) -> torch.Tensor:
        """Return the loss of a batch that has pairs of both kinds."""
        raise NotImplementedError


class Contrastive(BatchLoss):
    """Hadsell's loss over all pairs of a batch.

    `weighting`: "halves" gives the similar and the dissimilar pairs half of the weight each; "pairs" gives every
    pair the same, so that the many dissimilar ones outweigh the rest.
    """

    def __init__(self, *, margin: float = 1.0, weighting: str = "halves") -> None:
        super().__init__()
        self.margin, self.weighting = margin, weighting

    def summed(self, embeddings: torch.Tensor, labels: torch.Tensor, pairs: mining.Pairs) -> torch.Tensor:
        """Return the mean over the pairs."""
        del labels
        near, far = (
            contrastive(
                embeddings[chosen[0]],
                embeddings[chosen[1]],
                same=torch.full((len(chosen[0]),), fill_value=alike, device=embeddings.device),
                margin=self.margin,
            )
            for chosen, alike in ((pairs.positives, True), (pairs.negatives, False))
        )
        return (near.mean() + far.mean()) / 2 if self.weighting == "halves" else torch.cat((near, far)).mean()


class Triplet(BatchLoss):
    """Triplet loss with random, semi_hard or hard mining; `metric` is euclidean or cosine."""

    def __init__(
        self, *, margin: float = 0.2, metric: str = "euclidean", mining: str = "semi_hard", seed: int = 0
    ) -> None:
        super().__init__()
        self.margin, self.metric, self.mining = margin, metric, mining
        self.generator = torch.Generator().manual_seed(seed)

    def summed(self, embeddings: torch.Tensor, labels: torch.Tensor, pairs: mining.Pairs) -> torch.Tensor:
        """Return the mean over the mined triplets, 0 where there are none."""
        del labels
        found = mining.triplets(
            embeddings.detach(), pairs, how=self.mining, margin=self.margin, generator=self.generator
        )
        if not len(found.anchors):
            return (embeddings * 0).sum()
        terms = triplet(
            embeddings[found.anchors],
            embeddings[found.positives],
            embeddings[found.negatives],
            margin=self.margin,
            metric=self.metric,
        )
        return terms.mean()


class PairLoss(BatchLoss):
    """A loss of pytorch-metric-learning that works on pairs or triplets; the miner chooses among all pairs."""

    def __init__(self, inner: nn.Module, *, miner: nn.Module | None = None) -> None:
        super().__init__()
        self.inner, self.miner = inner, miner

    def summed(self, embeddings: torch.Tensor, labels: torch.Tensor, pairs: mining.Pairs) -> torch.Tensor:
        """Pass the pairs to the loss, so that forgeries never become anchors."""
        chosen: tuple[torch.Tensor, ...] = (*pairs.positives, *pairs.negatives)
        if self.miner is not None:
            chosen = mining.kept(chosen, self.miner(embeddings, labels), len(labels))
        value: torch.Tensor = self.inner(embeddings, labels, chosen)
        return value


class ClassLoss(BatchLoss):
    """A loss of pytorch-metric-learning with one learnt proxy per class (normalized softmax, ArcFace)."""

    takes_forgeries = False

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def summed(self, embeddings: torch.Tensor, labels: torch.Tensor, pairs: mining.Pairs) -> torch.Tensor:
        """Return the loss; the proxies are parameters and are trained with the network."""
        del pairs
        value: torch.Tensor = self.inner(embeddings, labels)
        return value


def build(name: str, options: Mapping[str, Any], *, classes: int, dimension: int) -> BatchLoss:
    """Return the loss of this name in a recipe; `classes` and `dimension` are used by losses with proxies."""
    from pytorch_metric_learning import losses, miners  # noqa: PLC0415  (a second to import)

    own = dict(options)
    sizes = {"num_classes": classes, "embedding_size": dimension}
    miner_epsilon = own.pop("miner_epsilon", None)
    miner = None if miner_epsilon is None else miners.MultiSimilarityMiner(epsilon=miner_epsilon)
    makers: dict[str, Any] = {
        "contrastive": lambda: Contrastive(**own),
        "triplet": lambda: Triplet(**own),
        "multi_similarity": lambda: PairLoss(losses.MultiSimilarityLoss(**own), miner=miner),
        "supcon": lambda: PairLoss(losses.SupConLoss(**own), miner=miner),
        "angular": lambda: PairLoss(losses.AngularLoss(**own), miner=miner),
        "normalized_softmax": lambda: ClassLoss(losses.NormalizedSoftmaxLoss(**sizes, **own)),
        "arcface": lambda: ClassLoss(losses.ArcFaceLoss(**sizes, **own)),
    }
    if name not in makers:
        raise refusals.RecipeRefused(recipe="", key="loss.name", reason=f"must be one of {', '.join(makers)}")
    try:
        loss: BatchLoss = makers[name]()
    except TypeError as error:
        raise refusals.RecipeRefused(recipe="", key="loss", reason=str(error)) from error
    return loss


def _check_same(same: torch.Tensor, distances: torch.Tensor) -> None:
    if same.dtype != torch.bool:
        raise TypeError(f"`same` must be boolean (True: similar), not {same.dtype}")
    if same.shape != distances.shape:
        raise ValueError(f"one answer for each pair: {tuple(same.shape)} against {tuple(distances.shape)}")
