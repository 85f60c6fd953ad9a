"""Readers of picture collections: folders, signature folders, npz files and Omniglot's archives.

Supported are a folder per class, folders of genuine and forged signatures (see `layouts`), an npz file with pictures
and labels, and Omniglot's zip files. Every picture passes `image.decode` and the recipe's preparation, so that limits
and formats are those of the whole library. Reading changes nothing on disk.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from verifier import errors, image
from verifier.checkpoints import Preparation
from verifier.learning import layouts, refusals
from verifier.learning.data import LabelledPictures, labelled
from verifier.learning.recipe import DataChoice, SecondData
from verifier.plain import preparation

_Item = TypeVar("_Item")

LARGEST_ARRAY_BYTES = 4 * 2**30
"""Largest unpacked size of an npz file, read from its directory before memory is spent."""

FOUR_BITS = 16
"""Highest value of pictures of 16 or 17 levels; pictures of 8 bits are hardly ever this dark throughout."""
SIGNED = frozenset({"signature", "darkness"})
"""Preparations for which a folder named like a forgery holds forgeries."""
LIGHT_RIM = 96
"""Median grey value, 0 to 255, of all rim pixels above which the paper of a set is light."""


@dataclass(frozen=True, slots=True, eq=False)
class OneShotRun:
    """One picture of each class, pictures to be identified, and the class of each as a row of `support`."""

    support: NDArray[np.uint8]
    queries: NDArray[np.uint8]
    truth: NDArray[np.int64]


@dataclass(slots=True)
class Reader:
    """Reads pictures with one preparation; `skipped` lists the files that could not be read (path, code).

    `class_from`: one of `layouts.CLASS_FROM`.
    """

    kind: str
    _: KW_ONLY
    height_pixels: int
    width_pixels: int
    show_progress: bool = False
    class_from: str = "auto"
    skipped: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def from_preparation(
        cls, preparation: Preparation, *, show_progress: bool = False, class_from: str = "auto"
    ) -> Reader:
        """Return the reader that prepares pictures as a card says."""
        return cls(
            preparation.kind,
            height_pixels=preparation.height_pixels,
            width_pixels=preparation.width_pixels,
            show_progress=show_progress,
            class_from=class_from,
        )

    @classmethod
    def from_choice(
        cls, choice: DataChoice | SecondData, *, show_progress: bool = False, class_from: str = "auto"
    ) -> Reader:
        """Return the reader that prepares pictures as a recipe says."""
        return cls(
            choice.preparation,
            height_pixels=choice.height,
            width_pixels=choice.width,
            show_progress=show_progress,
            class_from=class_from,
        )

    def read(self, path: Path, *, part: str = "train") -> LabelledPictures:
        """Read the data at `path`; `part` chooses train or test where the data have both."""
        if path.suffix == ".npz":
            return self.npz(path, part=part)
        if path.suffix == ".zip":
            return self.omniglot([path])
        if not path.exists():
            raise refusals.NoPictures(path=str(path))
        if (path / "images_background_small1.zip").exists():
            return self.omniglot(sorted(path.glob("images_background*.zip")))
        if not path.is_dir():
            raise refusals.DataRefused(path=str(path), reason="neither a folder nor a known archive")
        if (path / part).is_dir() and not (path / "genuine").is_dir():
            path = path / part
        signed = (path / "genuine").is_dir() or (self.kind in SIGNED and layouts.are_signatures(path))
        return self.signatures(path) if signed else self.folder(path)

    def folder(self, path: Path) -> LabelledPictures:
        """Read a folder per class, or another layout by `class_from`; see `layouts`."""
        files = _pictures_under(path)
        loose = [file for file in files if file.parent == path]
        inside = files if self.class_from == "file" else [file for file in files if file.parent != path]
        if not inside and loose:
            raise refusals.LabelsMissing(path=str(path), pictures=len(loose), labels=0)
        places = [file.relative_to(path) for file in inside]
        named = layouts.classes_of(places, how=self.class_from)
        return self._files(
            path,
            [(place.as_posix(), label, file) for place, label, file in zip(places, named, inside, strict=True)],
        )

    def signatures(self, path: Path) -> LabelledPictures:
        """Read genuine and forged signatures; forgeries have the label of the signer they imitate."""
        files = _pictures_under(path)
        places = [file.relative_to(path) for file in files]
        signers = layouts.signers_of(places)
        return self._files(
            path,
            [(place.as_posix(), signer, file) for place, (signer, _), file in zip(places, signers, files, strict=True)],
            forged=np.array([forged for _, forged in signers], dtype=bool),
        )

    def named(self, path: Path, names: list[str]) -> LabelledPictures:
        """Read the files of these names below `path`, each with its outermost folder as its class."""
        return self._files(path, [(name, PurePosixPath(name).parts[0], path / name) for name in names])

    def omniglot(self, paths: list[Path]) -> LabelledPictures:
        """Read Omniglot's archives, ALPHABET/characterNN/*.png; the class is alphabet and character."""
        pictures, labels, names = [], [], []
        for path in paths:
            try:
                with zipfile.ZipFile(path) as archive:
                    members = sorted(name for name in archive.namelist() if name.endswith(".png"))
                    for name in self._told(members):
                        if archive.getinfo(name).file_size > image.MAXIMUM_BYTES:
                            self.skipped.append((name, errors.TooLarge.code))
                            continue
                        picture = self._prepared(archive.read(name), name)
                        if picture is not None:
                            pictures.append(picture)
                            labels.append("/".join(name.split("/")[-3:-1]))
                            names.append(name)
            except (OSError, zipfile.BadZipFile) as error:
                raise refusals.DataRefused(path=str(path), reason=str(error)) from error
        return self._labelled(",".join(str(path) for path in paths), pictures, labels, names)

    def npz(self, path: Path, *, part: str) -> LabelledPictures:
        """Read arrays `x_train`, `y_train` (or `x_test`, `y_test`, or `x`, `y`), pictures (n, h, w) or (n, h, w, 3)."""
        try:
            with zipfile.ZipFile(path) as archive:
                unpacked = sum(member.file_size for member in archive.infolist())
            if unpacked > LARGEST_ARRAY_BYTES:
                raise errors.TooLarge(what="bytes", value=unpacked, limit=LARGEST_ARRAY_BYTES)
            with np.load(path, allow_pickle=False) as arrays:
                first, second = _array_names(arrays, part)
                if not first:
                    raise refusals.DataRefused(path=str(path), reason=f"no array x_{part}, x, images or data")
                pictures = np.asarray(arrays[first])
                if second not in arrays:
                    raise refusals.LabelsMissing(path=str(path), pictures=len(pictures), labels=0)
                labels = np.asarray(arrays[second]).ravel()
        except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
            raise refusals.DataRefused(path=str(path), reason=str(error)) from error
        given = f"{first} is {pictures.dtype} {pictures.shape}"
        pictures = arrays_as_pictures(pictures)
        if pictures.ndim not in (3, 4) or pictures.dtype != np.uint8 or not len(pictures):
            wanted = "n pictures, (n, h, w) or (n, h, w, 3), of values up to 1, 16 or 255, or from -1 to 1"
            raise refusals.DataRefused(path=str(path), reason=f"{given}; wanted are {wanted}")
        if len(labels) != len(pictures):
            raise refusals.LabelsMissing(path=str(path), pictures=len(pictures), labels=len(labels))
        sized = pictures.shape[1:3] == (self.height_pixels, self.width_pixels)
        if sized and self.kind not in preparation.ALSO_OF_CANVAS_SIZE and not self._is_dark_on_light(pictures):
            return labelled(pictures, [str(label) for label in labels])
        kept, fitted = [], []
        for row, picture in enumerate(self._told(list(pictures))):
            try:
                fitted.append(self._fitted(picture))
                kept.append(row)
            except errors.Refusal as error:
                self.skipped.append((f"{first}[{row}]", error.code))
        return self._labelled(str(path), fitted, [str(labels[row]) for row in kept], [str(row) for row in kept])

    def _is_dark_on_light(self, pictures: NDArray[np.uint8]) -> bool:
        """Return whether drawings have a light rim, so that their ink is dark and they must be prepared."""
        if self.kind not in {"digit", "character"}:
            return False
        grey = pictures if pictures.ndim == 3 else pictures.mean(axis=3)
        rim = np.concatenate([grey[:, 0], grey[:, -1], grey[:, :, 0], grey[:, :, -1]], axis=1)
        return bool(np.median(rim) > LIGHT_RIM)

    def one_shot_runs(self, path: Path) -> list[OneShotRun]:
        """Read Omniglot's `all_runs.zip`: 20 runs, each with one picture of 20 characters and 20 to be identified."""
        runs = []
        with zipfile.ZipFile(path) as archive:
            for listing in sorted(name for name in archive.namelist() if name.endswith("class_labels.txt")):
                folder = listing.rpartition("/")[0]
                pairs = [line.split() for line in archive.read(listing).decode().splitlines() if line.strip()]
                wanted = sorted({support for _, support in pairs})
                base = folder.rpartition("/")[0]
                prefix = f"{base}/" if base else ""
                runs.append(
                    OneShotRun(
                        support=np.stack([self._fitted(image.decode(archive.read(prefix + name))) for name in wanted]),
                        queries=np.stack(
                            [self._fitted(image.decode(archive.read(prefix + name))) for name, _ in pairs]
                        ),
                        truth=np.array([wanted.index(support) for _, support in pairs]),
                    )
                )
        if not runs:
            raise refusals.NoPictures(path=str(path))
        return runs

    def picture(self, path: Path) -> NDArray[np.uint8]:
        """Read one file; raises what `image.decode` and the preparation raise."""
        return self._fitted(image.decode(image.read(path)))

    def _fitted(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        rgb = np.repeat(picture[:, :, None], 3, axis=2) if picture.ndim == 2 else picture
        return preparation.prepare(
            rgb, kind=self.kind, height_pixels=self.height_pixels, width_pixels=self.width_pixels
        )

    def _files(
        self, path: Path, found: list[tuple[str, str, Path]], *, forged: NDArray[np.bool_] | None = None
    ) -> LabelledPictures:
        pictures, labels, names, kept = [], [], [], []
        for row, (name, label, file) in enumerate(self._told(found)):
            try:
                pictures.append(self.picture(file))
            except errors.Refusal as error:
                self.skipped.append((name, error.code))
                continue
            labels.append(label)
            names.append(name)
            kept.append(row)
        return self._labelled(str(path), pictures, labels, names, forged=None if forged is None else forged[kept])

    def _prepared(self, data: bytes, name: str) -> NDArray[np.uint8] | None:
        try:
            return self._fitted(image.decode(data))
        except errors.Refusal as error:
            self.skipped.append((name, error.code))
            return None

    def _labelled(
        self,
        path: str,
        pictures: list[NDArray[np.uint8]],
        labels: list[str],
        names: list[str],
        *,
        forged: NDArray[np.bool_] | None = None,
    ) -> LabelledPictures:
        if not pictures:
            raise refusals.NoPictures(path=path, skipped=len(self.skipped))
        return labelled(np.stack(pictures), labels, names=names, forged=forged)

    def _told(self, items: list[_Item]) -> Iterator[_Item]:
        return iter(tqdm(items, desc="reading", unit="picture", disable=not self.show_progress))


def has_part(path: Path, part: str) -> bool:
    """Return whether the data have this part, as a folder or as arrays named after it in an npz file."""
    if path.suffix != ".npz":
        return (path / part).is_dir()
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith(f"_{part}.npy") for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def _array_names(arrays: Mapping[str, object], part: str) -> tuple[str, str]:
    """Return the names of pictures and labels in the usual spellings, the part's own first."""
    pairs = [("x", "y"), ("X", "Y"), ("X", "y"), ("images", "labels"), ("data", "target"), ("data", "labels")]
    for ending in (f"_{part}", ""):
        for first, second in pairs:
            if f"{first}{ending}" in arrays:
                if f"{second}{ending}" in arrays:
                    return f"{first}{ending}", f"{second}{ending}"
                fallback = (f"{first}{ending}", f"{second}{ending}")
                others = [one for one in pairs if one[0] == first and f"{one[1]}{ending}" in arrays]
                return (fallback[0], f"{others[0][1]}{ending}") if others else fallback
    return "", ""


def arrays_as_pictures(values: NDArray[Any]) -> NDArray[Any]:
    """Convert the usual shapes and depths to uint8 (n, h, w) or (n, h, w, 3); any other array is returned unchanged.

    Depths: up to 1 (shares, or black and white), from -1 to 1, up to 16 (four bits, or scikit-learn's counts) and up
    to 255.
    """
    if values.ndim == 2 and values.shape[1] and int(values.shape[1] ** 0.5) ** 2 == values.shape[1]:
        side = int(values.shape[1] ** 0.5)
        values = values.reshape(len(values), side, side)
    if values.ndim == 4 and values.shape[3] not in (1, 3) and values.shape[1] in (1, 3):
        values = values.transpose(0, 2, 3, 1)
    if values.ndim == 4 and values.shape[3] == 1:
        values = values[..., 0]
    if not values.size or values.dtype.kind not in "fiub":
        return values
    low, high = float(values.min()), float(values.max())
    if -1 <= low < 0 <= high <= 1 and values.dtype.kind == "f":  # paper -1, ink 1, as in USPS
        values, low, high = (values + 1) / 2, (low + 1) / 2, (high + 1) / 2
    if low < 0 or high > 255 or not np.isfinite([low, high]).all():
        return values
    if values.dtype == np.uint8 and (high > FOUR_BITS or high == 0):
        return values
    scale = 255.0 if high <= 1 else 255.0 / high if high <= FOUR_BITS else 1.0
    return np.round(values.astype(np.float32) * scale).astype(np.uint8)


def _pictures_under(path: Path) -> list[Path]:
    return [file for file in sorted(path.rglob("*")) if file.suffix.lower() in image.SUFFIXES and file.is_file()]


def check_classes(data: LabelledPictures) -> None:
    """Raise `OneClassOnly` or `ClassTooSmall` before anything is trained or measured."""
    if len(data.classes) < 2:
        raise refusals.OneClassOnly(label=data.classes[0])
    for label, name in enumerate(data.classes):
        genuine = int(((data.labels == label) & ~data.forged).sum())
        if genuine < 2:
            raise refusals.ClassTooSmall(label=name, pictures=genuine, needed=2)
