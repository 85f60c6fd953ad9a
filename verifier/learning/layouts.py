"""Layouts of picture collections: the class or signer of a file by its path.

Supported layouts: a folder per class; folders of folders (an alphabet with its characters, a writer with a folder per
digit); a folder per writer with the digit in the file's name. Signatures: `genuine/` and `forge.../` with a folder per
signer; `SIGNER` beside `SIGNER_forg`; both kinds within a signer's folder; or flat, with the signer's number in the
file's name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePath

CLASS_FROM = ("auto", "outer", "inner", "path", "file")
"""Part of the path that names the class: the outermost folder, the innermost one, all of them (ALPHABET/CHARACTER), or
the file's name up to the first `_`, `-`, `.` or blank."""

FORGED = re.compile(r"^(full_)?(skilled_)?(forg|fake)|[_\- ](forg|fake)\w*$", re.IGNORECASE)
GENUINE = re.compile(r"^(full_)?(genuine|original|real|org)s?$|[_\- ](genuine|real|org)s?$", re.IGNORECASE)


def classes_of(places: Sequence[PurePath], *, how: str = "auto") -> list[str]:
    """Return the class of every file, given as paths below the collection's folder with at least one folder."""
    if how == "auto":
        how = _guessed(places)
    if how == "file":
        return [re.split(r"[_\-. ]", place.stem, maxsplit=1)[0] for place in places]
    if how == "inner":
        return [place.parent.name for place in places]
    return [place.parent.as_posix() if how == "path" else place.parts[0] for place in places]


def _guessed(places: Sequence[PurePath]) -> str:
    """Return the layout: in folders of folders the whole path, or the innermost folder if it is a single character."""
    folders = {place.parent for place in places}
    nested = [folder for folder in folders if len(folder.parts) > 1]
    several = len({folder.parts[0] for folder in nested}) < len(nested)
    if not several or len(nested) < len(folders):
        return "outer"
    return "inner" if all(len(folder.name) == 1 for folder in folders) else "path"


def signers_of(places: Sequence[PurePath]) -> list[tuple[str, bool]]:
    """Return the signer of every file and whether it is a forgery; a forgery has the signer whom it imitates."""
    return [_signer_of(place) for place in places]


def are_signatures(root: Path) -> bool:
    """Return whether the folder has genuine and forged parts, at the first or second level."""
    folders = [path for path in (*root.glob("*"), *root.glob("*/*")) if path.is_dir()]
    return any(FORGED.search(path.name) for path in folders) or any(path.name == "genuine" for path in folders)


def _signer_of(place: PurePath) -> tuple[str, bool]:
    forged = any(FORGED.search(part) for part in place.parts[:-1])
    left = [FORGED.sub("", GENUINE.sub("", part)).strip("_- ") for part in place.parts[:-1]]
    named = [kept for part, kept in zip(place.parts[:-1], left, strict=True) if kept and not _only_kind(part)]
    if named:
        return named[-1], forged
    number = re.search(r"\d+", place.stem)
    return (number[0] if number else place.stem), forged


def _only_kind(part: str) -> bool:
    """Return whether a folder's name, such as `forgeries` or `full_org`, names a kind and no signer."""
    return bool(re.match(r"^(full_)?(skilled_)?(forg|fake)", part, re.IGNORECASE) or re.match(GENUINE, part))
