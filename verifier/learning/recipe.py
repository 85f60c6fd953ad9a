"""Recipes: TOML files that say what is trained, on which data and how.

Unknown keys are refused by name and never ignored.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from verifier.learning import refusals

FOLDER = Path(__file__).resolve().parents[1] / "recipes"
"""The recipes that come with the library."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataChoice:
    """Selection, preparation and held-out part of the pictures.

    `preparation`: a name of `verifier.plain`; `height`, `width`: the encoder's input in pixels.
    `only_classes`, `held_out_classes`: class names; `held_out_pictures`: pictures of each class for validation.
    `folds`: every `folds`-th class in order of name is held out, beginning with class number seed modulo folds, so
    that runs with seeds 0 to folds - 1 together hold out every class once.
    `upright`: the slant of drawings of a `digit` or `character` is removed, after splicing.
    `splices_per_class`: pictures of each pseudo-class spliced from two classes (0: none). `rotations`: quarter
    turns and mirror images as further classes. `second_source`: "" where both sides share one encoder; in a
    two-source task the origin of the other side: a name of `verifier.learning.sources`, made from the first, or
    "given" for pictures of its own.
    """

    preparation: str = "digit"
    height: int = 28
    width: int = 28
    only_classes: tuple[str, ...] = ()
    held_out_classes: tuple[str, ...] = ()
    folds: int = 0
    held_out_pictures: int = 0
    upright: bool = False
    splices_per_class: int = 0
    rotations: bool = False
    second_source: str = ""


@dataclass(frozen=True, slots=True)
class NetworkChoice:
    """A name of `verifier.networks.catalogue` and its options.

    `start`: initial weights; None for random ones, else see `verifier.learning.initial_weights`.
    """

    architecture: str = "convnet"
    start: str | None = None
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class SecondData:
    """Preparation of the second source's pictures, where it differs from the first (`DataChoice`)."""

    preparation: str = "digit"
    height: int = 28
    width: int = 28


@dataclass(frozen=True, slots=True)
class LossChoice:
    """A name of `verifier.learning.losses` and its options."""

    name: str = "multi_similarity"
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class BatchChoice:
    """P classes x K pictures, and the number of forgeries of each class (signatures)."""

    classes: int = 10
    pictures: int = 12
    forgeries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizerChoice:
    """Optimizer (sgd, adam or adamw) and schedule (cosine to 0, or constant) after a linear warm-up."""

    name: str = "adamw"
    learning_rate: float = 2e-3
    momentum: float = 0.0
    weight_decay: float = 0.0
    warm_up_steps: int = 0
    schedule: str = "cosine"


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentChoice:
    """Strength of the random changes of training pictures; 0 for none.

    `scale`, `shear`, `shift`: shares (0.1 is 10 %); `elastic`: standard deviation of a smooth displacement, as a
    share of the canvas; `stroke`: probability of a thicker and of a thinner stroke; `transforms`: further
    torchvision.transforms.v2 by name, with their options.
    """

    rotation_degrees: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    shift: float = 0.0
    elastic: float = 0.0
    stroke: float = 0.0
    transforms: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class StopChoice:
    """Steps between measurements of the held-out part, and the number of them without a gain that ends training."""

    every_steps: int = 200
    patience: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Complete recipe. `precision`: auto (bfloat16 where the processor has it), bfloat16 or float32.

    `second_network`: the encoder of the other side in a two-source task; None where both sides share one. `beside`:
    another optimizer with which the same network is trained again, to compare the two embeddings.
    """

    name: str
    steps: int
    seed: int = 0
    precision: str = "auto"
    data: DataChoice = field(default_factory=DataChoice)
    network: NetworkChoice = field(default_factory=NetworkChoice)
    loss: LossChoice = field(default_factory=LossChoice)
    batch: BatchChoice = field(default_factory=BatchChoice)
    optimizer: OptimizerChoice = field(default_factory=OptimizerChoice)
    augment: AugmentChoice = field(default_factory=AugmentChoice)
    stop: StopChoice = field(default_factory=StopChoice)
    second_network: NetworkChoice | None = None
    second_data: SecondData | None = None
    beside: OptimizerChoice | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return JSON values for the card and for the comparison of recipes; keys without a value are left out."""
        return {key: _plain(value) for key, value in _fields(self).items() if value is not None}


def find(name: str) -> Path:
    """Return the file of a recipe by its path, or by its name in the library; raises `RecipeRefused`."""
    for path in (Path(name), FOLDER / f"{name}.toml"):
        if path.is_file():
            return path
    known = ", ".join(sorted(path.stem for path in FOLDER.glob("*.toml")))
    raise refusals.RecipeRefused(recipe=name, key="", reason=f"no such recipe; there are {known}")


def read(path: Path, *, seed: int | None = None) -> Recipe:
    """Read a recipe; `seed` replaces the one in the file. Raises `RecipeRefused`."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise refusals.RecipeRefused(recipe=str(path), key="", reason=str(error)) from error
    if seed is not None:
        values["seed"] = seed
    return from_dict(values, source=str(path))


SECTIONS: dict[str, type[Any]] = {
    "data": DataChoice,
    "network": NetworkChoice,
    "loss": LossChoice,
    "batch": BatchChoice,
    "optimizer": OptimizerChoice,
    "augment": AugmentChoice,
    "stop": StopChoice,
    "second_network": NetworkChoice,
    "second_data": SecondData,
    "beside": OptimizerChoice,
}
CHOICES = {
    ("optimizer", "name"): ("sgd", "adam", "adamw"),
    ("optimizer", "schedule"): ("cosine", "constant"),
    ("beside", "name"): ("sgd", "adam", "adamw"),
    ("beside", "schedule"): ("cosine", "constant"),
    ("data", "second_source"): ("", "outline", "negative", "given"),
    ("", "precision"): ("auto", "bfloat16", "float32"),
}
"""(section, key) -> allowed values."""


def from_dict(values: Mapping[str, Any], *, source: str = "recipe") -> Recipe:
    """Check every key and build the value; raises `RecipeRefused` naming the key."""
    parts: dict[str, Any] = {}
    for key, value in values.items():
        section = SECTIONS.get(key)
        parts[key] = _section(section, key, value, source) if section else value
    recipe: Recipe = _built(Recipe, "", parts, source)
    if recipe.steps < 1 or recipe.batch.classes < 2 or recipe.batch.pictures < 2:
        raise refusals.RecipeRefused(
            recipe=source, key="steps, batch", reason="at least one step, two classes and two pictures of each"
        )
    if bool(recipe.data.second_source) != (recipe.second_network is not None):
        raise refusals.RecipeRefused(
            recipe=source, key="data.second_source, second_network", reason="one of them needs the other"
        )
    return recipe


def _section(section: type[Any], name: str, value: object, source: str) -> object:
    if not isinstance(value, dict):
        raise refusals.RecipeRefused(recipe=source, key=name, reason="must be a table")
    own = {item.name for item in dataclasses.fields(section)}
    if "options" in own:
        named = own - {"options"}
        nested = value.get("options", {})  # `as_dict` and cards nest them, a file does not
        if not isinstance(nested, Mapping):
            raise refusals.RecipeRefused(recipe=source, key=f"{name}.options", reason="must be a table")
        options = {key: item for key, item in value.items() if key not in own} | dict(nested)
        value = {key: item for key, item in value.items() if key in named} | {"options": options}
    return _built(section, name, value, source)


def _built(kind: type[Any], section: str, values: Mapping[str, Any], source: str) -> Any:
    known = {item.name: item for item in dataclasses.fields(kind)}
    for key, value in values.items():
        if key not in known:
            raise refusals.RecipeRefused(recipe=source, key=f"{section}.{key}".strip("."), reason="is not known")
        allowed = CHOICES.get((section, key))
        if allowed and value not in allowed:
            raise refusals.RecipeRefused(
                recipe=source, key=f"{section}.{key}", reason=f"must be one of {', '.join(allowed)}"
            )
    kept = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    try:
        return kind(**kept)
    except TypeError as error:
        raise refusals.RecipeRefused(recipe=source, key=section, reason=str(error)) from error


def _fields(value: Any) -> dict[str, Any]:
    return {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {key: _plain(item) for key, item in _fields(value).items() if item is not None}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value
