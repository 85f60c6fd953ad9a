"""Training loop that can be stopped at any moment and continued to the bit.

In each step the sampler's rows are augmented and embedded, the loss is computed, and the optimizer takes one step at
the scheduled learning rate (a function of the step alone, so that no schedule need be stored). Every
`stop.every_steps` steps the held-out part is measured and the state is written. A loss or weight that is not finite
ends the run with `TrainingDiverged`; the last state that was written stays usable.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from verifier.inference.torch_network import best_precision
from verifier.learning import augmentation, losses, refusals, sampling, siamese, state, validation
from verifier.learning.data import LabelledPictures, Material, as_input
from verifier.learning.recipe import OptimizerChoice, Recipe

STATE = "state.safetensors"
BEST = "best.safetensors"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Trained:
    """Trained encoder in evaluation mode, with the record of its training.

    `other`: in a two-source task the encoder of the second source. `history`: one entry per measurement (step, loss,
    held_out_error, learning_rate); `cpu_seconds` and `wall_seconds` of the steps alone, over all continuations;
    `chosen_step`: the step whose weights these are.
    """

    encoder: nn.Module
    other: nn.Module | None
    history: tuple[dict[str, float], ...]
    steps: int
    chosen_step: int
    cpu_seconds: float
    wall_seconds: float
    pictures_seen: int
    device: str
    precision: str


@dataclass(slots=True, kw_only=True)
class _Progress:
    """Progress of a run, kept in the header of the state file."""

    step: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    best_error: float = math.inf
    best_step: int = 0
    waited: int = 0
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    pictures_seen: int = 0
    finished: bool = False


class Run:
    """One training run in a folder; `Run(...).finish()` trains to the end, or continues an interrupted run."""

    def __init__(self, recipe: Recipe, material: Material, *, folder: Path, show_progress: bool = False) -> None:
        self.recipe, self.material, self.folder, self.show_progress = recipe, material, folder, show_progress
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.precision = _precision(recipe.precision, self.device)
        torch.manual_seed(recipe.seed)
        self.network = siamese.build(recipe).to(self.device)
        self.encoder, self.other = self.network.encoder, self.network.other
        data = material.training
        dimension = self._dimension()
        self.loss = losses.build(
            recipe.loss.name, recipe.loss.options, classes=len(data.classes), dimension=dimension
        ).to(self.device)
        self.optimizer = _optimizer(recipe.optimizer, [*self.network.parameters(), *self.loss.parameters()])
        self.generators = {"augment": torch.Generator().manual_seed(recipe.seed)}
        if isinstance(self.loss, losses.Triplet):
            self.generators["mining"] = self.loss.generator
        self.sampler = sampling.ClassBatches(
            data.labels,
            classes=recipe.batch.classes,
            pictures=recipe.batch.pictures,
            seed=recipe.seed,
            forged=data.forged,
            forgeries=recipe.batch.forgeries,
        )
        self.partners = None
        if material.second is not None:
            self.partners = sampling.Partners(material.second.training.labels, seed=recipe.seed)
        self.transforms = augmentation.named_transforms(recipe.augment)
        self.progress = _Progress()
        self._recent: list[float] = []
        if (folder / STATE).exists():
            self._restore()

    def finish(self, *, until_step: int | None = None) -> Trained:
        """Train up to the recipe's last step (or `until_step`) and return the chosen weights."""
        last = min(self.recipe.steps, until_step or self.recipe.steps)
        bar = tqdm(total=self.recipe.steps, initial=self.progress.step, disable=not self.show_progress, unit="step")
        with bar:
            while self.progress.step < last and not self.progress.finished:
                cpu, wall = time.process_time(), time.perf_counter()
                value = self._one_step()
                self.progress.cpu_seconds += time.process_time() - cpu
                self.progress.wall_seconds += time.perf_counter() - wall
                bar.set_postfix(loss=f"{value:.4f}", images_per_second=f"{self._speed():.0f}", refresh=False)
                bar.update()
                if self.progress.step % self.recipe.stop.every_steps == 0 or self.progress.step == last:
                    self._measure()
                    self._save()
        return self._trained()

    def _dimension(self) -> int:
        """Return the length of an embedding, found by embedding; it must be equal for both encoders."""
        own = int(siamese.embed_pictures(self.encoder, self.material.training.pictures[:2]).shape[1])
        if self.other is not None and self.material.second is not None:
            theirs = int(siamese.embed_pictures(self.other, self.material.second.training.pictures[:2]).shape[1])
            if theirs != own:
                reason = f"embeds in {theirs} numbers, the first in {own}"
                raise refusals.RecipeRefused(recipe=self.recipe.name, key="second_network", reason=reason)
        return own

    def _one_step(self) -> float:
        rows = next(self.sampler)
        now = self.progress
        self.network.train()
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(now.step, self.recipe)
        value = self.loss(*self._embed_batch(rows))
        if not torch.isfinite(value):
            raise refusals.TrainingDiverged(step=now.step, last_good_step=self._last_saved_step())
        self.optimizer.zero_grad()
        value.backward()
        self.optimizer.step()
        now.step += 1
        now.pictures_seen += len(rows)
        self._recent.append(float(value.detach()))
        return float(value.detach())

    def _embed_batch(self, rows: NDArray[np.int64]) -> tuple[torch.Tensor | None, ...]:
        """Return the arguments of the loss: embeddings, labels, forgeries, and in a two-source task the sides."""
        data, second = self.material.training, self.material.second
        labels, forged = data.labels[rows], data.forged[rows]
        pictures, others, sides = self._augmented(data.pictures[rows]), None, None
        if second is not None and self.partners is not None:
            chosen = self.partners.draw(labels)
            others = self._augmented(second.training.pictures[chosen], outside="border")
            labels = np.concatenate((labels, second.training.labels[chosen]))
            forged = np.concatenate((forged, second.training.forged[chosen]))
            sides = torch.arange(len(labels), device=self.device) >= len(rows)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.precision == "bfloat16"):
            embeddings = self.network.embed(pictures.to(self.device))
            if others is not None:
                embeddings = torch.cat((embeddings, self.network.embed_other(others.to(self.device))))
        marks = (torch.from_numpy(values).to(self.device) for values in (labels, forged))
        return (embeddings, *marks, sides)

    def _augmented(self, pictures: NDArray[np.uint8], *, outside: str = "zeros") -> torch.Tensor:
        generator = self.generators["augment"]
        bent = augmentation.augment(as_input(pictures), self.recipe.augment, generator=generator, outside=outside)
        return self.transforms(bent) if self.transforms else bent

    def _measure(self) -> None:
        if not all(bool(torch.isfinite(weight).all()) for weight in self.network.parameters()):
            raise refusals.TrainingDiverged(step=self.progress.step, last_good_step=self._last_saved_step())
        now = self.progress
        entry = {
            "step": float(now.step),
            "loss": float(np.mean(self._recent)) if self._recent else math.nan,
            "learning_rate": rate_at(now.step - 1, self.recipe),
        }
        self._recent.clear()
        if self.material.validation is not None:
            error = self._held_out_error(self.material.validation)
            entry["held_out_error"] = error
            if error < now.best_error:
                now.best_error, now.best_step, now.waited = error, now.step, 0
                self._save_best()
            else:
                now.waited += 1
                now.finished = bool(self.recipe.stop.patience) and now.waited >= self.recipe.stop.patience
        now.history.append(entry)

    def _held_out_error(self, held_out: LabelledPictures) -> float:
        second = self.material.second
        if self.other is None or second is None or second.validation is None:
            return validation.held_out_error(self.encoder, held_out)
        return validation.held_out_error_across(self.encoder, self.other, held_out, second.validation)

    def _speed(self) -> float:
        return self.progress.pictures_seen / max(self.progress.wall_seconds, 1e-9)

    def _save_best(self) -> None:
        if self.recipe.stop.patience:
            weights = {key: value.detach().cpu().contiguous() for key, value in self._chosen().state_dict().items()}
            state.write(self.folder / BEST, weights, {})

    def _chosen(self) -> nn.Module:
        """Return the module whose weights are kept: the encoder, or both encoders."""
        return self.encoder if self.other is None else self.network

    def _modules(self) -> dict[str, nn.Module]:
        modules = {"encoder": self.encoder, "loss": self.loss}
        return modules if self.other is None else modules | {"other": self.other}

    def _save(self) -> None:
        now = self.progress
        state.save(
            self.folder / STATE,
            modules=self._modules(),
            optimizer=self.optimizer,
            generators=self.generators,
            header={
                "recipe": self.recipe.as_dict(),
                "sampler": self.sampler.state(),
                "partners": self.partners.state() if self.partners else None,
                "progress": {name: getattr(now, name) for name in _Progress.__slots__},
            },
        )

    def _restore(self) -> None:
        path = self.folder / STATE
        header: dict[str, Any] = state.read_header(path)
        if header["recipe"] != self.recipe.as_dict():
            raise refusals.StateInvalid(path=str(path), reason="it belongs to another recipe or seed")
        state.load(path, modules=self._modules(), optimizer=self.optimizer, generators=self.generators)
        self.sampler.restore(header["sampler"])
        if self.partners is not None:
            self.partners.restore(header["partners"])
        self.progress = _Progress(**header["progress"])

    def _last_saved_step(self) -> int:
        path = self.folder / STATE
        return int(state.read_header(path)["progress"]["step"]) if path.exists() else 0

    def _trained(self) -> Trained:
        now, chosen = self.progress, self.progress.step
        if self.recipe.stop.patience and (self.folder / BEST).exists():
            state.load_weights(self.folder / BEST, self._chosen())
            chosen = now.best_step
        self.network.eval()
        return Trained(
            encoder=self.encoder,
            other=self.other,
            history=tuple(now.history),
            steps=now.step,
            chosen_step=chosen,
            cpu_seconds=now.cpu_seconds,
            wall_seconds=now.wall_seconds,
            pictures_seen=now.pictures_seen,
            device=str(self.device),
            precision=self.precision,
        )


def rate_at(step: int, recipe: Recipe) -> float:
    """Return the learning rate of a step: linear warm-up, then constant or half a cosine down to 0."""
    choice = recipe.optimizer
    if step < choice.warm_up_steps:
        return choice.learning_rate * (step + 1) / choice.warm_up_steps
    if choice.schedule == "constant":
        return choice.learning_rate
    share = (step - choice.warm_up_steps) / max(1, recipe.steps - choice.warm_up_steps)
    return choice.learning_rate * (1 + math.cos(math.pi * min(1.0, share))) / 2


def _optimizer(choice: OptimizerChoice, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    if choice.name == "sgd":
        return torch.optim.SGD(
            parameters, lr=choice.learning_rate, momentum=choice.momentum, weight_decay=choice.weight_decay
        )
    kind = torch.optim.Adam if choice.name == "adam" else torch.optim.AdamW
    return kind(parameters, lr=choice.learning_rate, weight_decay=choice.weight_decay)


def _precision(wanted: str, device: torch.device) -> str:
    """Return the precision for "auto": bfloat16 only where the processor has it; emulated it is ten times slower."""
    if wanted != "auto":
        return wanted
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    return best_precision()
