"""Photos of known people: files, labels, lists of pairs and embeddings.

Labels are names: a folder per person. Embeddings may be kept in a file, since reading 6,500 photos takes minutes.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from verifier import errors, files, image
from verifier.evaluation import lfw
from verifier.recognizer import Recognizer
from verifier.values import FloatArray

SAME_PERSON = "same person or mislabelled photo"
"""Kind of label error whose rows must not count as pairs of different people; twins are different people."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Album:
    """Embedded photos: row i of `vectors` (n, d) is `names[i]`, "PERSON/FILE" or "PERSON/FOLDER/FILE".

    `missed`: photos without a face and files that could not be read; `reasons`: the code of each.
    """

    names: tuple[str, ...]
    vectors: FloatArray
    encoder: str
    missed: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def people(self) -> NDArray[np.str_]:
        """The person of each row."""
        return np.array([name.split("/", maxsplit=1)[0] for name in self.names], dtype=np.str_)

    def only(self, wanted: Iterable[str]) -> Album:
        """Return the part whose names are wanted, in the album's order."""
        names = frozenset(wanted)
        rows = [row for row, name in enumerate(self.names) if name in names]
        return Album(
            names=tuple(self.names[row] for row in rows),
            vectors=self.vectors[rows],
            encoder=self.encoder,
            missed=tuple(name for name in self.missed if name in names),
            reasons=tuple(code for name, code in zip(self.missed, self.reasons, strict=True) if name in names),
        )


def find(folder: Path, *, most_per_person: int | None = None) -> list[str]:
    """List photos as "PERSON/FILE", people and files in name order, the first `most_per_person` of each.

    Folders within a person's folder belong to the person too.
    """
    if not folder.is_dir():
        raise errors.BadImage(reason="no_such_folder", file=str(folder))
    found: list[str] = []
    for person in sorted(path for path in folder.iterdir() if path.is_dir()):
        photos = sorted(path for path in person.rglob("*") if path.suffix.lower() in image.SUFFIXES and path.is_file())
        found.extend(path.relative_to(folder).as_posix() for path in photos[:most_per_person])
    return found


def embed(
    recognizer: Recognizer,
    folder: Path,
    *,
    names: Sequence[str],
    report_progress: Callable[[int], None] = lambda _: None,
) -> Album:
    """Embed the named photos of the folder; `report_progress` is called with the number of photos done.

    One thread per core: the network and the detector release Python's lock, and the vector of a photo does not depend
    on the others.
    """
    vectors: list[FloatArray] = []
    kept: list[str] = []
    missed: list[str] = []
    reasons: list[str] = []

    def vector(name: str) -> FloatArray | str:
        try:
            embedding = recognizer.embed_named_photo(image.read(folder / name))
        except errors.Refusal as refusal:
            return refusal.code
        return embedding.vector if embedding is not None else errors.NoFace.code

    with ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as pool:
        for done, (name, found) in enumerate(zip(names, pool.map(vector, names), strict=True), start=1):
            if isinstance(found, str):
                missed.append(name)
                reasons.append(found)
            else:
                kept.append(name)
                vectors.append(found)
            report_progress(done)
    matrix = np.stack(vectors) if vectors else np.zeros((0, recognizer.card.dimension), dtype=np.float32)
    return Album(
        names=tuple(kept),
        vectors=matrix,
        encoder=recognizer.encoder_name,
        missed=tuple(missed),
        reasons=tuple(reasons),
    )


def save(album: Album, path: Path) -> None:
    """Write the embeddings to a file that the owner alone may read (numbers and names, no picture)."""
    packed = io.BytesIO()
    np.savez(
        packed,
        names=np.array(album.names),
        vectors=album.vectors,
        encoder=album.encoder,
        missed=np.array(album.missed, dtype=np.str_),
        reasons=np.array(album.reasons, dtype=np.str_),
    )
    files.write_atomically(path, packed.getvalue(), readable_by_all=False)


def load(path: Path, *, encoder: str) -> Album:
    """Read what `save` wrote; raise `EncoderMismatch` when it is of another encoder."""
    with np.load(path, allow_pickle=False) as kept:
        if str(kept["encoder"]) != encoder:
            raise errors.EncoderMismatch(expected=encoder, found=str(kept["encoder"]))
        return Album(
            names=tuple(kept["names"].tolist()),
            vectors=kept["vectors"],
            encoder=encoder,
            missed=tuple(kept["missed"].tolist()),
            reasons=tuple(kept["reasons"].tolist() if "reasons" in kept else [""] * len(kept["missed"])),
        )


def read_label_errors(path: Path) -> frozenset[tuple[str, str]]:
    """Read the pairs of names that are one person, in both orders (columns name_a, name_b, what)."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(row["name_a"], row["name_b"]) for row in csv.DictReader(file) if row["what"] == SAME_PERSON]
    return frozenset(rows) | frozenset((second, first) for first, second in rows)


def read_pair_list(path: Path) -> lfw.ListedPairs:
    """Read LFW's `pairs.txt` (by its ending) or a CSV, whose pairs are all of one fold. Raises BadImage."""
    if path.suffix == ".txt":
        return lfw.read_pairs(path)
    names, same = read_pairs(path)
    return lfw.ListedPairs(names, same, np.zeros(len(names), dtype=np.int64))


def read_pairs(path: Path) -> tuple[list[tuple[str, str]], NDArray[np.bool_]]:
    """Read pairs of photos and whether each is one person (columns first, second, same: 1 or 0).

    Raises:
        BadImage: no such table, or a `same` that is neither (reason "not_pairs").
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        names = [(row["first"].strip(), row["second"].strip()) for row in rows]
        same = np.array([{"1": True, "0": False}[row["same"].strip()] for row in rows], dtype=bool)
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, AttributeError) as error:
        raise errors.BadImage(reason="not_pairs", file=str(path)) from error
    if not same.any() or same.all():
        raise errors.BadImage(reason="not_pairs", file=str(path), same=int(same.sum()), pairs=len(same))
    return names, same
