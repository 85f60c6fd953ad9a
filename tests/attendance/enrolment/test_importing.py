"""Bulk enrolment is complete, in order, and keeps nobody waiting."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from attendance.core import queue
from attendance.core.errors import Refusal
from attendance.core.models import User
from attendance.enrolment import embedding, exporting, feeding, files, importing, photos
from attendance.enrolment.models import Import, ImportRow
from attendance.people import roster
from attendance.people.models import Person, ReferenceImage
from attendance.recognition import identify
from attendance.recognition.models import ReferenceEmbedding
from attendance.reports import imported
from tests.attendance.conftest import again, plain_picture

pytestmark = pytest.mark.django_db

Commits = Callable[..., AbstractContextManager[list[Callable[[], Any]]]]

NAMES = ("http://x.png", "?", "a/b", "..", "O'Neil", "李", "x" * 200, "محمد بن علي", "=1+1", "👩🏽‍🚀", "é")


def zipped(entries: dict[str, bytes]) -> io.BytesIO:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    written.seek(0)
    return written


def read(entries: dict[str, bytes]) -> Import:
    return importing.read_zip(zipped(entries), name="people.zip", actor=None)


def work(*, most: int = 1000) -> int:
    """Do what worker and beat do until nothing is left; return how many photos were read."""
    done = 0
    feeding.feed()
    while done < most and (pending := list(ReferenceEmbedding.objects.filter(status="pending").order_by("pk")[:1])):
        embedding.embed(pending[0].pk)
        feeding.feed()
        done += 1
    return done


def verdicts(batch: Import) -> list[tuple[str, str, str]]:
    return list(batch.rows.values_list("filename", "state", "code"))


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker is down the whole time: the rows are the memory."""
    monkeypatch.setattr(queue, "send", lambda *_: False)


@pytest.mark.slow
def test_preview_start_and_a_verdict_for_every_file(hopper_jpeg: bytes, astronaut_jpeg: bytes) -> None:
    there = roster.add(employee_number="1003", name="Cy Young", actor=None)
    batch = read(
        {
            "1001_Grace_Hopper.jpg": hopper_jpeg,
            "1002_Nobody.jpg": plain_picture(),
            "1003_Cy.jpg": astronaut_jpeg,
            "1004_Broken.jpg": b"broken",
            "1004_Twice.jpg": b"broken",
            "notes.txt": b"hello",
            "__MACOSX/._1001.jpg": b"junk",
        }
    )
    assert batch.state == "preview"
    assert importing.preview(batch) == importing.Preview(
        rows=6, new_people=3, known_people=1, photos=1, refused=1, skipped=1
    )
    assert Person.objects.count() == 1  # nothing is enrolled before somebody says so
    importing.start(batch, actor=None)
    work()

    batch.refresh_from_db()
    assert batch.state == "done"
    assert verdicts(batch) == [
        ("1001_Grace_Hopper.jpg", "ready", ""),
        ("1002_Nobody.jpg", "refused", "face_not_found"),
        ("1003_Cy.jpg", "ready", ""),
        ("1004_Broken.jpg", "refused", "invalid_image"),
        ("1004_Twice.jpg", "refused", "duplicate_in_import"),
        ("notes.txt", "skipped", "not_a_picture"),
    ]
    assert identify.identify([again(astronaut_jpeg)]).person == there
    grace = identify.identify([again(hopper_jpeg)]).person
    assert grace is not None
    assert (grace.employee_number, grace.name) == ("1001", "Grace Hopper")
    assert not Path(batch.folder).exists()  # the archive is somebody's photos: it goes


@pytest.mark.parametrize(
    ("verdict", "state", "code"), [("different_people", "ready", ""), ("same_person", "refused", "enrolled_twice")]
)
def test_a_face_of_two_numbers_waits_for_a_decision_and_the_row_follows_it(
    hopper_jpeg: bytes, verdict: str, state: str, code: str
) -> None:
    batch = read({"1_Grace.jpg": hopper_jpeg, "2_Hop.jpg": again(hopper_jpeg)})
    importing.start(batch, actor=None)
    work()
    progress = importing.progress(batch)
    assert (progress.ready, progress.undecided, progress.refused, progress.finished) == (1, 1, 0, 2)
    first, second = batch.rows.order_by("position")
    assert imported.shown_state(second).text == "Waits for a decision"
    assert list(imported.rows(batch, state="ready")) == [first]
    assert second.reference is not None

    embedding.resolve_look_alike(second.reference.embeddings.get(), verdict=verdict, actor=None)

    second.refresh_from_db()
    assert (second.state, second.code) == (state, code)
    assert not imported.rows(batch, state="decide").exists()


def test_the_same_archive_again_changes_nothing(hopper_jpeg: bytes) -> None:
    entries = {"1_Grace.jpg": hopper_jpeg}
    importing.start(read(entries), actor=None)
    work()
    second = read(entries)
    importing.start(second, actor=None)
    work()

    assert verdicts(second) == [("1_Grace.jpg", "skipped", "unchanged")]
    assert ReferenceImage.objects.count() == 1


def test_a_number_of_somebody_of_another_name_is_refused(hopper_jpeg: bytes) -> None:
    bob = roster.add(employee_number="17", name="Bob Stone", actor=None)
    batch = read({"17_Grace.jpg": hopper_jpeg})
    importing.start(batch, actor=None)
    work()

    assert verdicts(batch)[0][1:] == ("refused", "name_differs")
    assert photos.current(bob) is None


@pytest.mark.slow
def test_at_most_sixteen_are_with_the_worker() -> None:
    """By hand comes next, not last: never more than 16 of an import stand before it."""
    batch = read({f"{number:04}.jpg": b"broken" + bytes([number]) for number in range(40)})
    importing.start(batch, actor=None)
    for _ in range(3):
        feeding.feed()
    assert ReferenceEmbedding.objects.filter(status="pending").count() == feeding.MOST_FED == 16
    assert batch.rows.filter(state="fed").count() == 16
    assert Person.objects.count() == 16
    for row in ReferenceEmbedding.objects.filter(status="pending")[:3]:
        embedding.embed(row.pk)
    feeding.feed()
    assert ReferenceEmbedding.objects.filter(status="pending").count() == 13  # refilled in eights
    for row in ReferenceEmbedding.objects.filter(status="pending")[:5]:
        embedding.embed(row.pk)
    feeding.feed()
    assert ReferenceEmbedding.objects.filter(status="pending").count() == 16


def test_by_hand_comes_before_the_import(hopper_jpeg: bytes) -> None:
    """Whatever stands in the queue: with the next photo that the worker takes up, the one by hand is done first."""
    importing.start(read({f"{number:04}.jpg": b"broken %d" % number for number in range(40)}), actor=None)
    feeding.feed()
    queued = list(ReferenceEmbedding.objects.filter(status="pending").order_by("pk").values_list("pk", flat=True))
    person = roster.add(employee_number="by hand", name="Ann", actor=None)
    photos.submit(person, hopper_jpeg, original_name="x.jpg", actor=None)

    feeding.work(queued[0])

    row = embedding.current(person)
    assert row is not None
    assert row.status == "ready"
    assert ReferenceEmbedding.objects.filter(status="pending").count() == 15


@pytest.mark.slow
def test_a_photo_by_hand_that_cannot_be_read_stops_no_import(hopper_jpeg: bytes) -> None:
    importing.start(read({f"{number:04}.jpg": b"broken %d" % number for number in range(20)}), actor=None)
    feeding.feed()
    queued = list(ReferenceEmbedding.objects.filter(status="pending").order_by("pk").values_list("pk", flat=True))
    person = roster.add(employee_number="by hand", name="Ann", actor=None)
    path = files.folder() / str(photos.submit(person, hopper_jpeg, original_name="x.jpg", actor=None).file)
    path.unlink()
    path.mkdir()  # a disk that does not answer

    for number in queued:
        feeding.work(number)

    assert ReferenceEmbedding.objects.filter(status="refused").count() == 16
    assert ImportRow.objects.filter(state="waiting").count() == 0


def test_two_imports_share_the_sixteen() -> None:
    for base in (0, 100):
        batch = read({f"{base + number}.jpg": b"broken" + bytes([number, base]) for number in range(10)})
        importing.start(batch, actor=None)
    feeding.feed()
    assert ImportRow.objects.filter(state="fed").count() == 16


@pytest.mark.slow
def test_cancel_lets_the_worker_finish_and_starting_again_goes_on() -> None:
    batch = read({f"{number:04}.jpg": b"broken" + bytes([number]) for number in range(20)})
    importing.start(batch, actor=None)
    feeding.feed()
    importing.cancel(batch, actor=None)
    work()
    assert importing.progress(batch).finished == 16
    assert importing.progress(batch).waiting == 4
    importing.start(batch, actor=None)
    work()

    batch.refresh_from_db()
    progress = importing.progress(batch)
    assert (batch.state, progress.refused, progress.finished, progress.share) == ("done", 20, 20, 1.0)


def test_cut_off_anywhere_every_row_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill between two statements: what was not committed is not there, what was is complete, and it goes on."""
    batch = read({f"{number:04}.jpg": b"broken" + bytes([number]) for number in range(6)})
    importing.start(batch, actor=None)
    calls = 0

    def cut_off(*_: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(queue, "after_commit", cut_off)
    with pytest.raises(KeyboardInterrupt):
        feeding.feed()
    assert Person.objects.count() == ReferenceImage.objects.count() == batch.rows.filter(state="fed").count() == 3
    work()

    assert importing.progress(batch).refused == 6
    assert Person.objects.count() == ReferenceImage.objects.count() == 6


def test_progress_tells_speed_and_time_left() -> None:
    batch = read({f"{number:04}.jpg": b"broken" + bytes([number]) for number in range(12)})
    assert importing.progress(batch).rows_per_second is None
    importing.start(batch, actor=None)
    work(most=3)

    progress = importing.progress(batch)
    assert progress.rows_per_second
    assert progress.seconds_left == pytest.approx(9 / progress.rows_per_second)
    assert (progress.total, progress.finished, progress.fed) == (12, 3, 9)


def test_what_cannot_be_started(hopper_jpeg: bytes) -> None:
    batch = read({"1.jpg": hopper_jpeg})
    importing.start(batch, actor=None)
    assert importing.start(batch, actor=None).state == "running"  # a second click
    work()
    with pytest.raises(Refusal, match="import_not_startable"):
        importing.start(batch, actor=None)
    with pytest.raises(Refusal, match="import_empty"):
        read({})


@pytest.mark.slow
def test_an_archive_that_disappears_fails_the_import_and_keeps_what_is_done() -> None:
    batch = read({f"{number}.jpg": b"broken" + bytes([number]) for number in range(20)})
    importing.start(batch, actor=None)
    feeding.feed()
    Path(batch.folder).unlink()
    work()
    batch.refresh_from_db()
    assert (batch.state, batch.code) == ("failed", "import_folder_missing")
    assert ReferenceEmbedding.objects.filter(status="refused").count() == 16


def test_single_files_are_an_import_too(hopper_jpeg: bytes, administrator: User) -> None:
    batch = importing.read_files(
        [("people.csv", io.BytesIO(b"number,name,photo\n7,Grace,g.jpg\n")), ("g.jpg", io.BytesIO(hopper_jpeg))],
        name="2 files",
        actor=administrator,
    )
    importing.start(batch, actor=administrator)
    work()
    assert verdicts(batch) == [("g.jpg", "ready", "")]
    assert Person.objects.get().name == "Grace"
    assert ReferenceImage.objects.get().submitted_by == administrator


def test_a_folder_is_read_where_it_lies_and_left_alone(tmp_path: Path, hopper_jpeg: bytes) -> None:
    folder = tmp_path / "given" / "0001__Grace"
    folder.mkdir(parents=True)
    (folder / "a.jpg").write_bytes(hopper_jpeg)
    (folder / "b.jpg").symlink_to("/etc/passwd")
    batch = importing.read_folder(tmp_path / "given", actor=None)
    importing.start(batch, actor=None)
    work()
    assert verdicts(batch) == [("0001__Grace/a.jpg", "ready", ""), ("0001__Grace/b.jpg", "skipped", "further_photo")]
    assert (folder / "a.jpg").exists()


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, hopper_jpeg: bytes) -> None:
    (tmp_path / "secret.jpg").write_bytes(hopper_jpeg)
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "1.jpg").symlink_to(tmp_path / "secret.jpg")
    batch = importing.read_folder(tmp_path / "given", actor=None)
    importing.start(batch, actor=None)
    work()
    assert verdicts(batch) == [("1.jpg", "refused", "outside_folder")]


@pytest.mark.slow
def test_the_export_is_read_back_name_for_name(hopper_jpeg: bytes) -> None:
    for place, name in enumerate(NAMES):
        person = roster.add(employee_number=f"-{place}/{name}"[:64], name=name, department=name, actor=None)
        if place % 2:
            photos.submit(person, hopper_jpeg + bytes([place]), original_name=name + ".jpg", actor=None)
    before = list(Person.objects.order_by("pk").values_list("employee_number", "name", "department__name"))
    taken = b"".join(exporting.chunks(actor=None))
    digests = dict(ReferenceImage.objects.values_list("person__employee_number", "sha256"))
    with zipfile.ZipFile(io.BytesIO(taken)) as archive:
        assert archive.testzip() is None
        table = archive.read("people.csv").decode("utf-8-sig")
    assert not [cell for line in table.splitlines()[1:] for cell in line.split(",") if cell[:1] in "=+-@" and cell]
    Person.objects.all().delete()

    batch = importing.read_zip(io.BytesIO(taken), name="again.zip", actor=None)
    importing.start(batch, actor=None)
    work()

    after = list(Person.objects.order_by("pk").values_list("employee_number", "name", "department__name"))
    assert sorted(after) == sorted(before)
    assert dict(ReferenceImage.objects.values_list("person__employee_number", "sha256")) == digests
    assert set(batch.rows.values_list("state", flat=True)) == {"ready"}


def test_the_export_read_again_changes_nothing_and_says_so(hopper_jpeg: bytes) -> None:
    with_photo = roster.add(employee_number="1", name="Grace Hopper", department="Office", actor=None)
    photos.submit(with_photo, hopper_jpeg, original_name="grace.jpg", actor=None)
    roster.add(employee_number="2", name="Mei Lin", department="", actor=None)
    before = list(Person.objects.order_by("pk").values()), list(ReferenceImage.objects.values())

    taken = io.BytesIO(b"".join(exporting.chunks(actor=None)))
    batch = importing.read_zip(taken, name="again.zip", actor=None)
    assert importing.preview(batch) == importing.Preview(
        rows=2, new_people=0, known_people=2, photos=1, refused=0, skipped=0
    )
    importing.start(batch, actor=None)
    work()

    assert {verdict[1:] for verdict in verdicts(batch)} == {("skipped", "unchanged")}
    assert (list(Person.objects.order_by("pk").values()), list(ReferenceImage.objects.values())) == before


@pytest.mark.slow
def test_names_from_files_and_folders_arrive_whole(hopper_jpeg: bytes) -> None:
    entries = {f"{place}__{name}.jpg": hopper_jpeg + bytes([place]) for place, name in enumerate(("O'Neil", "李", "?"))}
    entries |= {
        f"{50 + place}__{name}/1.jpg": hopper_jpeg + bytes([place, 1]) for place, name in enumerate(("محمد", "x" * 200))
    }
    batch = read(entries)
    importing.start(batch, actor=None)
    work()
    assert set(Person.objects.values_list("name", flat=True)) == {"O'Neil", "李", "?", "محمد", "x" * 200}


def test_nothing_is_kept_of_an_archive_that_is_refused() -> None:
    with pytest.raises(Refusal, match="zip_damaged"):
        importing.read_zip(io.BytesIO(b"no archive"), name="x.zip", actor=None)
    assert not [path for path in (files.folder() / "imports").rglob("*") if path.is_file()]
    assert not Import.objects.exists()
