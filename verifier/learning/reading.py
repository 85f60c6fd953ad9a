"""Which kinds of data can be read, and what is said when they cannot?

A folder per class; a folder with `genuine` and `forge...` parts (signatures); an npz file with pictures and labels;
Omniglot's zip files. Every picture passes `image.decode` and the recipe's preparation, so that limits and formats
are those of the whole library. Reading changes nothing on disk.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from verifier import errors, image
from verifier.learning import refusals
from verifier.learning.data import LabelledPictures, labelled
from verifier.plain import preparation

_Item = TypeVar("_Item")

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".heic", ".ppm"})
"""What is taken for a picture in a folder; everything else is passed over in silence."""
LARGEST_ARRAY_BYTES = 4 * 2**30
"""Unpacked size of an npz file, told from its directory before memory is spent."""


@dataclass(frozen=True, slots=True, eq=False)
class OneShotRun:
    """One picture of each class, pictures to be named, and the class of each as a row of `support`."""

    support: NDArray[np.uint8]
    queries: NDArray[np.uint8]
    truth: NDArray[np.int64]


@dataclass(slots=True)
class Reader:
    """Reads with one preparation; `skipped` lists what could not be read and why (path, code)."""

    kind: str
    height_pixels: int
    width_pixels: int
    show_progress: bool = False
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def read(self, path: Path, *, part: str = "train") -> LabelledPictures:
        """Read whatever lies at `path`; `part` chooses train or test where the data have both."""
        if path.suffix == ".npz":
            return self.npz(path, part=part)
        if path.suffix == ".zip":
            return self.omniglot([path])
        if not path.exists():
            raise refusals.NoPictures(path=str(path))
        if (path / "images_background_small1.zip").exists():
            return self.omniglot(sorted(path.glob("images_background*.zip")))
        if (path / part).is_dir() and not (path / "genuine").is_dir():
            path = path / part
        if (path / "genuine").is_dir():
            return self.signatures(path)
        return self.folder(path)

    def folder(self, path: Path) -> LabelledPictures:
        """One sub-folder a class."""
        found = [
            (str(file.relative_to(path)), folder.name, file)
            for folder in sorted(path.iterdir())
            if folder.is_dir()
            for file in sorted(folder.rglob("*"))
            if file.suffix.lower() in SUFFIXES
        ]
        if not found and any(file.suffix.lower() in SUFFIXES for file in path.iterdir()):
            loose = sum(file.suffix.lower() in SUFFIXES for file in path.iterdir())
            raise refusals.LabelsMissing(path=str(path), pictures=loose, labels=0)
        return self._files(path, found)

    def signatures(self, path: Path) -> LabelledPictures:
        """`genuine/SIGNER/*` and `forge.../SIGNER/*`: forgeries keep the label of the signer they imitate."""
        found, forged = [], []
        for folder in sorted(path.iterdir()):
            if folder.is_dir() and folder.name.startswith(("genuine", "forge")):
                for file in sorted(folder.rglob("*")):
                    if file.suffix.lower() in SUFFIXES:
                        found.append((str(file.relative_to(path)), file.parent.name, file))
                        forged.append(folder.name != "genuine")
        return self._files(path, found, forged=np.asarray(forged, dtype=bool))

    def omniglot(self, paths: list[Path]) -> LabelledPictures:
        """Omniglot's archives: ALPHABET/characterNN/*.png; the class is alphabet and character."""
        pictures, labels, names = [], [], []
        for path in paths:
            try:
                with zipfile.ZipFile(path) as archive:
                    members = sorted(name for name in archive.namelist() if name.endswith(".png"))
                    for name in self._told(members):
                        picture = self._prepared(archive.read(name), name)
                        if picture is not None:
                            pictures.append(picture)
                            labels.append("/".join(name.split("/")[-3:-1]))
                            names.append(name)
            except (OSError, zipfile.BadZipFile) as error:
                raise refusals.DataRefused(path=str(path), reason=str(error)) from error
        return self._labelled(",".join(str(path) for path in paths), pictures, labels, names)

    def npz(self, path: Path, *, part: str) -> LabelledPictures:
        """Arrays `x_train`, `y_train` (or `x_test`, `y_test`, or `x`, `y`); pictures (n, h, w) or (n, h, w, 3)."""
        try:
            with zipfile.ZipFile(path) as archive:
                unpacked = sum(member.file_size for member in archive.infolist())
            if unpacked > LARGEST_ARRAY_BYTES:
                raise errors.TooLarge(what="bytes", value=unpacked, limit=LARGEST_ARRAY_BYTES)
            with np.load(path, allow_pickle=False) as arrays:
                first = f"x_{part}" if f"x_{part}" in arrays else "x"
                if first not in arrays:
                    raise refusals.DataRefused(path=str(path), reason=f"no array x_{part} or x")
                second = first.replace("x", "y", 1)
                pictures = np.asarray(arrays[first])
                if second not in arrays:
                    raise refusals.LabelsMissing(path=str(path), pictures=len(pictures), labels=0)
                labels = np.asarray(arrays[second]).ravel()
        except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
            raise refusals.DataRefused(path=str(path), reason=str(error)) from error
        if pictures.ndim not in (3, 4) or pictures.dtype != np.uint8 or not len(pictures):
            raise refusals.DataRefused(path=str(path), reason=f"{first} is {pictures.dtype} {pictures.shape}")
        if len(labels) != len(pictures):
            raise refusals.LabelsMissing(path=str(path), pictures=len(pictures), labels=len(labels))
        sized = pictures.shape[1:3] == (self.height_pixels, self.width_pixels)
        if not sized or self.kind in preparation.ALSO_OF_CANVAS_SIZE:
            pictures = np.stack([self._fitted(picture) for picture in self._told(list(pictures))])
        return labelled(pictures, [str(label) for label in labels])

    def one_shot_runs(self, path: Path) -> list[OneShotRun]:
        """Omniglot's `all_runs.zip`: 20 runs, each with one picture of 20 characters and 20 to be named."""
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
        """One file; raises what `image.decode` and the preparation raise."""
        if path.stat().st_size > image.MAXIMUM_BYTES:
            raise errors.TooLarge(what="bytes", value=path.stat().st_size, limit=image.MAXIMUM_BYTES)
        return self._fitted(image.decode(path.read_bytes()))

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
            except (errors.Refusal, OSError) as error:
                self.skipped.append((name, error.code if isinstance(error, errors.Refusal) else "unreadable"))
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


def check_classes(data: LabelledPictures) -> None:
    """Raise `OneClassOnly` or `ClassTooSmall` before anything is trained or measured."""
    if len(data.classes) < 2:
        raise refusals.OneClassOnly(label=data.classes[0])
    for label, name in enumerate(data.classes):
        genuine = int(((data.labels == label) & ~data.forged).sum())
        if genuine < 2:
            raise refusals.ClassTooSmall(label=name, pictures=genuine, needed=2)
