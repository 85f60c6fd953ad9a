"""Rows of people read from file names and tables."""

from __future__ import annotations

import pytest

from attendance.core import cells
from attendance.core.errors import Refusal
from attendance.people import reading
from attendance.people.reading import Row


def values(rows: list[Row]) -> list[tuple[str, str, str, str]]:
    return [(row.filename, row.employee_number, row.name, row.code) for row in rows]


@pytest.mark.parametrize(
    ("text", "number", "name"),
    [
        ("1001_Mei_Tanaka", "1001", "Mei Tanaka"),
        ("1001", "1001", "1001"),
        ("0001__Mei Tanaka", "0001", "Mei Tanaka"),
        ("AB__Mei", "AB", "Mei"),
        ("E-17_O'Neil", "E-17", "O'Neil"),
        ("Aaron_Eckhart", "Aaron_Eckhart", "Aaron Eckhart"),
        ("17_李", "17", "李"),
        ("17_محمد علي", "17", "محمد علي"),
        ("17_🙂", "17", "🙂"),
        ("17__", "17", "17"),
        ("17_..", "17", ".."),
        ("http:x.png 5", "http:x.png 5", "http:x.png 5"),
    ],
)
def test_number_and_name_of_a_file_or_folder(text: str, number: str, name: str) -> None:
    assert reading.split(text) == (number, name)


def test_flat_files() -> None:
    assert values(reading.rows_from_files(["1002_Bo.png", "1001_Ann.jpg", "notes.txt"])) == [
        ("1001_Ann.jpg", "1001", "Ann", ""),
        ("1002_Bo.png", "1002", "Bo", ""),
        ("notes.txt", "", "", "not_a_picture"),
    ]


def test_a_folder_per_person_takes_the_first_photo_in_name_order() -> None:
    rows = reading.rows_from_files(["0001__Ann Lee/b.jpg", "0001__Ann Lee/a.jpg", "Aaron_Eckhart/x.webp"])
    assert values(rows) == [
        ("0001__Ann Lee/a.jpg", "0001", "Ann Lee", ""),
        ("0001__Ann Lee/b.jpg", "0001", "Ann Lee", "further_photo"),
        ("Aaron_Eckhart/x.webp", "Aaron_Eckhart", "Aaron Eckhart", ""),
    ]
    assert rows[1].skipped


def test_a_folder_of_folders_names_the_department() -> None:
    (row,) = reading.rows_from_files(["Kitchen/7_Jo/1.jpg"])
    assert (row.employee_number, row.name, row.department) == ("7", "Jo", "Kitchen")


def test_two_people_with_one_number_are_not_one_person() -> None:
    rows = reading.rows_from_files(["17_Ann.jpg", "17_Bob.jpg"])
    assert values(rows)[1] == ("17_Bob.jpg", "17", "Bob", "duplicate_in_import")
    assert not rows[1].skipped


@pytest.mark.parametrize(
    ("paths", "numbers"),
    [
        (["photos/1001_Ann.jpg", "photos/1002_Bob.jpg"], ["1001", "1002"]),
        (["all/1__Ann/a.jpg", "all/2__Bob/b.jpg"], ["1", "2"]),
        (["0001__Ann/a.jpg", "0001__Ann/b.jpg"], ["0001", "0001"]),
        (["Aaron_Eckhart/Aaron_Eckhart_0001.jpg"], ["Aaron_Eckhart"]),
        (["0001__Ann/1.jpg", "0001__Ann/2.jpg"], ["0001", "0001"]),
    ],
)
def test_the_folder_around_a_zip_is_packaging_or_a_person(paths: list[str], numbers: list[str]) -> None:
    assert [row.employee_number for row in reading.rows_from_files(paths, wrapped=True)] == numbers


@pytest.mark.parametrize("path", ["__MACOSX/a.jpg", "x/.DS_Store", "Thumbs.db", ".git/a.jpg"])
def test_what_systems_leave_behind_is_not_counted(path: str) -> None:
    assert reading.is_junk(path)


TABLE = "employee_number,name,department,photo\r\n1,Ann,Kitchen,photos/a.jpg\r\n2,Bob,,\r\n3,Cy,,photos/none.jpg\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_as_spreadsheets_write_it(encoding: str, delimiter: str) -> None:
    text = TABLE.replace(",", delimiter).replace("Ann", "Ånn").encode(encoding)
    rows = reading.rows_from_table(text, ["photos/a.jpg", "photos/2.jpg", "photos/x.jpg"], table="people.csv")

    assert values(rows) == [
        ("photos/a.jpg", "1", "Ånn", ""),
        ("photos/2.jpg", "2", "Bob", ""),
        ("photos/none.jpg", "3", "Cy", "photo_not_found"),
        ("photos/x.jpg", "", "", "not_in_table"),
    ]
    assert rows[0].department == "Kitchen"


def test_western_bytes_are_read_too() -> None:
    rows = reading.rows_from_table("Number;Name\n1;Jürgen\n".encode("cp1252"), [], table="p.csv")
    assert rows[0].name == "Jürgen"


def test_a_table_in_a_folder_names_photos_beside_it() -> None:
    rows = reading.rows_from_table(
        b"id,name,file\n1,Ann,A.JPG\n", ["out/people.csv", "out/a.jpg"], table="out/people.csv"
    )
    assert values(rows) == [("out/a.jpg", "1", "Ann", "")]


def test_a_table_without_numbers_is_refused_as_a_whole() -> None:
    with pytest.raises(Refusal, match="table_without_number"):
        reading.rows_from_table(b"name,photo\nAnn,a.jpg\n", [], table="people.csv")


def test_one_number_twice_in_a_table() -> None:
    rows = reading.rows_from_table(b"number,name\n1,Ann\n1,Bob\n,Cy\n", [], table="people.csv")
    assert [row.code for row in rows] == ["", "duplicate_in_import", "employee_number_missing"]


@pytest.mark.parametrize("text", ["=1+1", "+49", "-5", "@x", "'=x", "''-", "O'Neil", "'quoted'", "李", "\tx", ""])
def test_a_cell_no_spreadsheet_runs_is_read_back_exactly(text: str) -> None:
    safe = cells.guard(text)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert reading._cell(safe) == text.strip()


def test_the_table_is_people_csv_or_the_only_one() -> None:
    assert reading.find_table(["a/x.csv", "b/People.csv"]) == "b/People.csv"
    assert reading.find_table(["a/x.csv"]) == "a/x.csv"
    assert reading.find_table(["x.csv", "y.csv"]) is None


def test_a_spreadsheet_is_refused_as_one() -> None:
    assert [(row.code, row.skipped) for row in reading.rows_from_files(["people.xlsx", "1_Mei.jpg"])] == [
        ("", False),
        ("spreadsheet", False),
    ]
