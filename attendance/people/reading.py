"""Reads rows of people from file names and a table: one row per photo; no picture is opened.

Layouts, told apart by what is there:
- a table (`people.csv`, or the only .csv at the top) names number, name, department and photo;
- a folder per person: `0001__Name/any.jpg`, `0001_Name/any.jpg`, `0001/any.jpg` or `Name/any.jpg`;
- flat files: `0001_Name.jpg`, `0001.jpg` or `Name.jpg`.

Text before the first underscore is the number when it holds a digit, before a double underscore always; a name
without a number is its own number. The first photo of a person in name order is taken, further ones are skipped.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from attendance.core.cells import unguard
from attendance.core.errors import Fact, Refusal
from attendance.people import names

PICTURES = frozenset(
    "jpg jpeg jpe jfif png webp avif heic heif bmp tif tiff gif mpo".split()  # noqa: SIM905  (one line reads better)
)
SPREADSHEETS = (".xlsx", ".xls", ".ods", ".numbers")
JUNK = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
TABLE = "people.csv"

COLUMNS = {
    "employee_number": ("employee_number", "employee number", "number", "employee", "employee id", "id", "no"),
    "name": ("name", "full name", "full_name", "person"),
    "department": ("department", "team", "group"),
    "photo": ("photo", "picture", "image", "file", "filename", "path"),
}
"""Field -> headings under which people send it, in lower case."""


@dataclass(frozen=True, slots=True)
class Row:
    """One photo, or one line of the table. `code`: why nothing will be done with it; `skipped`: no fault of it."""

    filename: str
    employee_number: str = ""
    name: str = ""
    department: str = ""
    code: str = ""
    facts: dict[str, Fact] = field(default_factory=dict)
    skipped: bool = False


def is_junk(path: str) -> bool:
    """Tell what operating systems leave in folders; it is not even counted."""
    return any(part.startswith(".") or part.lower() in JUNK for part in PurePosixPath(path).parts)


def find_table(paths: Iterable[str]) -> str | None:
    """Find the table: people.csv nearest to the top, or the only .csv at all."""
    tables = sorted((path for path in paths if path.lower().endswith(".csv")), key=lambda path: (path.count("/"), path))
    named = [path for path in tables if PurePosixPath(path).name.lower() == TABLE]
    if named:
        return named[0]
    return tables[0] if len(tables) == 1 else None


def rows_from_files(paths: Sequence[str], *, wrapped: bool = False) -> list[Row]:
    """Read numbers and names out of the paths; `wrapped`: one folder around everything may be only packaging."""
    ordered = sorted(path for path in paths if not path.lower().endswith(".csv"))
    prefix = _wrapper(ordered) if wrapped else ""
    rows: list[Row] = []
    seen: dict[str, str] = {}
    for path in ordered:
        inner = PurePosixPath(path.removeprefix(prefix))
        if not _is_picture(path):
            sheet = path.lower().endswith(SPREADSHEETS)
            rows.append(Row(path, code="spreadsheet") if sheet else Row(path, code="not_a_picture", skipped=True))
            continue
        nested = len(inner.parts) > 1
        number, name = split(inner.parts[-2] if nested else inner.stem)
        department = inner.parts[-3].strip() if len(inner.parts) > 2 else ""
        row = _checked(Row(path, employee_number=number, name=name, department=department))
        if not row.code and number in seen:
            row = _second(row, first=seen[number], nested=nested)
        seen.setdefault(number, path)
        rows.append(row)
    return rows


def split(text: str) -> tuple[str, str]:
    """Return number and name of a folder's or file's name."""
    number, double, name = text.partition("__")
    if double and number.strip():
        return number.strip(), _spaced(name) or number.strip()
    number, single, name = text.partition("_")
    if single and any(character.isdigit() for character in number):
        return number.strip(), _spaced(name) or number.strip()
    return text.strip(), _spaced(text)


def _spaced(text: str) -> str:
    return text.replace("_", " ").strip()


def _is_picture(path: str) -> bool:
    return PurePosixPath(path).suffix.lower().removeprefix(".") in PICTURES


def _wrapper(paths: Sequence[str]) -> str:
    """Return 'folder/' when everything lies in one folder that is no person's.

    It is packaging when there are folders in it, or when the files in it carry numbers of their own.
    """
    tops = {path.partition("/")[0] for path in paths}
    if len(tops) != 1 or any("/" not in path for path in paths):
        return ""
    top = tops.pop()
    inner = [path.partition("/")[2] for path in paths]
    if any("/" in path for path in inner):
        return f"{top}/"
    numbers = [split(PurePosixPath(path).stem)[0] for path in inner if _is_picture(path)]
    own = len(set(numbers)) == len(numbers) > 1 and all(re.search(r"\d", number) for number in numbers)
    return f"{top}/" if own and "__" not in top else ""


def _second(row: Row, *, first: str, nested: bool) -> Row:
    """Say why the second photo of a number is not taken: more of the same folder, or two people with one number."""
    if nested and PurePosixPath(first).parent == PurePosixPath(row.filename).parent:
        return _with(row, code="further_photo", skipped=True, first=first)
    return _with(row, code="duplicate_in_import", skipped=False, first=first)


def rows_from_table(text: bytes, paths: Sequence[str], *, table: str) -> list[Row]:
    """Read the table; photos are named relative to it. Files that no line names are skipped."""
    folder = PurePosixPath(table).parent
    known = {path.casefold(): path for path in paths}
    by_number = {PurePosixPath(path).stem.casefold(): path for path in paths if _is_picture(path)}
    rows: list[Row] = []
    seen: set[str] = set()
    for line in table_lines(text, COLUMNS):
        number = line["employee_number"]
        path, missing = "", False
        if line["photo"]:
            wanted = str(folder / line["photo"].replace("\\", "/")).removeprefix("./")
            path = known.get(wanted.casefold(), "")
            missing = not path
        else:
            path = by_number.get(number.casefold(), "")
        row = Row(
            path or line["photo"], employee_number=number, name=line["name"] or number, department=line["department"]
        )
        row = _checked(row)
        if not row.code and number in seen:
            row = _with(row, code="duplicate_in_import", skipped=False)
        elif not row.code and missing:
            row = _with(row, code="photo_not_found", skipped=False)
        seen.add(number)
        rows.append(row)
    named = {row.filename for row in rows}
    left = [path for path in sorted(paths) if path not in named and path != table]
    return rows + [Row(path, code="not_in_table", skipped=True) for path in left]


def table_lines(text: bytes, columns: Mapping[str, Sequence[str]]) -> Iterable[dict[str, str]]:
    """Read CSV as spreadsheets write it: UTF-8 with or without mark, UTF-16, Western; comma, semicolon or tab.

    `columns`: field -> headings under which people send it; a field without a column is empty. Raises
    `table_without_number`, `table_invalid`.
    """
    written = decoded(text)
    heading = written.split("\n", 1)[0]
    delimiter = max(",;\t", key=heading.count)
    reader = csv.reader(io.StringIO(written, newline=""), delimiter=delimiter)
    try:
        headings = [heading.strip().lower() for heading in next(reader, [])]
        places = {
            field: next((headings.index(word) for word in words if word in headings), None)
            for field, words in columns.items()
        }
        if places["employee_number"] is None:
            raise Refusal("table_without_number", headings=", ".join(headings)[:200])
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield {
                    field: _cell(cells[place]) if place is not None and place < len(cells) else ""
                    for field, place in places.items()
                }
    except csv.Error as error:
        raise Refusal("table_invalid", reason=str(error)) from error


def decoded(text: bytes) -> str:
    """Return the text of a table, by its mark or by what it can be."""
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        return text.decode("utf-16", "replace")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return text.decode("cp1252", "replace")


def _cell(text: str) -> str:
    return unguard(text).strip()


def _checked(row: Row) -> Row:
    """Apply the rules of names; what they refuse is this row's code, never the whole import's."""
    try:
        names.clean_number(row.employee_number)
        names.clean_name(row.name)
        names.clean_department(row.department)
    except Refusal as refusal:
        return Row(row.filename, code=refusal.code, facts=refusal.facts)
    return row


def _with(row: Row, *, code: str, skipped: bool, **facts: Fact) -> Row:
    return Row(
        row.filename,
        employee_number=row.employee_number,
        name=row.name,
        department=row.department,
        code=code,
        facts=facts,
        skipped=skipped,
    )
