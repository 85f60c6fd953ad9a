"""Mining: the pairs and triplets of a batch that a loss is computed on.

After the first minutes most random triplets have a loss of 0; the hardest ones are often mislabelled or make the
embedding collapse. Semi-hard ones (Schroff et al. 2015) lie between. Every strategy is a selection, and the network
learns the distribution of the selected triplets.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

HOW = ("random", "semi_hard", "hard")


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Row numbers of the two sides; in both orders, except that a forgery is never the first side."""

    positives: tuple[torch.Tensor, torch.Tensor]
    negatives: tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Triplets:
    """Row numbers of the three corners."""

    anchors: torch.Tensor
    positives: torch.Tensor
    negatives: torch.Tensor


def all_pairs(labels: torch.Tensor, forged: torch.Tensor, sides: torch.Tensor | None = None) -> Pairs:
    """Return every genuine and every impostor pair of a batch; `labels` (n,) integers, `forged` (n,) boolean.

    `sides`: in a two-source task the source of each row (n,); then only pairs across sources are returned.
    """
    alike = labels[:, None] == labels[None, :]
    genuine = ~forged
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    positive = alike & ~itself & genuine[:, None] & genuine[None, :]
    negative = genuine[:, None] & (~alike | forged[None, :]) & ~itself
    if sides is not None:
        across = sides[:, None] != sides[None, :]
        positive, negative = positive & across, negative & across
    first, second = torch.nonzero(positive, as_tuple=True)
    anchor, other = torch.nonzero(negative, as_tuple=True)
    return Pairs(positives=(first, second), negatives=(anchor, other))


def kept(chosen: tuple[torch.Tensor, ...], mined: tuple[torch.Tensor, ...], rows: int) -> tuple[torch.Tensor, ...]:
    """Return the pairs in `chosen` that the miner chose too (miners do not know forgeries)."""
    answer: list[torch.Tensor] = []
    for side in (0, 2):
        ours = chosen[side] * rows + chosen[side + 1]
        theirs = mined[side] * rows + mined[side + 1]
        both = torch.isin(ours, theirs)
        answer += [chosen[side][both], chosen[side + 1][both]]
    return tuple(answer)


def triplets(
    embeddings: torch.Tensor, pairs: Pairs, *, how: str, margin: float, generator: torch.Generator
) -> Triplets:
    """Return one negative for every genuine pair (random, semi_hard), or the hardest of both sides (hard).

    Semi-hard: a random one among those farther than the positive but within the margin; pairs without such a
    negative are left out. Hard: each anchor with its farthest positive and its nearest negative.
    """
    if how not in HOW:
        raise ValueError(f"one of {', '.join(HOW)}, not {how!r}")
    distances = torch.cdist(embeddings, embeddings, compute_mode="donot_use_mm_for_euclid_dist")
    positive = _mask(pairs.positives, distances)
    negative = _mask(pairs.negatives, distances)
    if how == "hard":
        usable = torch.nonzero(positive.any(1) & negative.any(1)).flatten()
        farthest = distances.masked_fill(~positive, -1).argmax(1)
        nearest = distances.masked_fill(~negative, torch.inf).argmin(1)
        return Triplets(usable, farthest[usable], nearest[usable])
    anchors, partners = pairs.positives
    allowed = negative[anchors]
    if how == "semi_hard":
        near = distances[anchors, partners][:, None]
        allowed = allowed & (distances[anchors] > near) & (distances[anchors] < near + margin)
    usable = torch.nonzero(allowed.any(1)).flatten()
    if not len(usable):
        return Triplets(usable, usable, usable)
    drawn = torch.multinomial(allowed[usable].float().cpu(), 1, generator=generator).flatten()
    return Triplets(anchors[usable], partners[usable], drawn.to(anchors.device))


def _mask(pairs: tuple[torch.Tensor, torch.Tensor], like: torch.Tensor) -> torch.Tensor:
    mask = torch.zeros_like(like, dtype=torch.bool)
    mask[pairs[0], pairs[1]] = True
    return mask
