"""Nightly backups: one a night, so many kept, and amber where the newest is old; the list of the erased beside them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from attendance.backups import manifest, nightly, upgrade
from attendance.core.errors import Refusal
from attendance.core.models import SiteSettings
from attendance.privacy import erased_numbers, erasure
from tests import cast, factories

pytestmark = pytest.mark.django_db

NIGHT = dt.datetime(2026, 11, 20, 1, 41, tzinfo=dt.UTC)
"""02:41 in Berlin."""
HOUR = dt.timedelta(hours=1)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("muster-*"))


def at(instant: dt.datetime) -> time_machine.travel:
    return time_machine.travel(instant, tick=False)


def test_one_is_made_a_night_of_the_site_and_so_many_are_kept(backups: Path) -> None:
    SiteSettings.objects.create(pk=1, time_zone="Europe/Berlin")
    made = []
    for hours in range(24 * 5):
        with at(NIGHT + hours * HOUR):
            made.append(nightly.work())
    assert [hour for hour, one in enumerate(made) if one] == [0, 24, 48, 72, 96]
    assert names(backups) == ["muster-20261122T014100Z", "muster-20261123T014100Z", "muster-20261124T014100Z"]
    for name in names(backups):
        manifest.check(backups / name)


def test_a_machine_that_was_off_at_night_catches_up(backups: Path) -> None:
    with at(NIGHT):
        nightly.work()
    with at(NIGHT + 30 * HOUR):
        assert nightly.work()


def test_without_a_folder_none_is_made() -> None:
    assert not nightly.work()
    assert nightly.standing() is None


def test_one_that_was_cut_off_counts_for_nothing(backups: Path) -> None:
    (backups / "muster-20261120T014100Z").mkdir(parents=True)
    with at(NIGHT):
        found = nightly.standing()
    assert found is not None
    assert (found.newest_at, found.is_old) == (None, True)


def test_pages_and_health_turn_amber_when_the_newest_is_old(backups: Path) -> None:
    desk = cast.signed_in("ada", "Administrator")
    factories.person("Mei")

    def shown() -> tuple[bool, bool, bool]:
        part = desk.get("/healthz").json()["parts"]["backup"]
        assert part["ok"]
        today, settings = desk.get(reverse("today")).text, desk.get(reverse("settings")).text
        tile = today[: today.index("Newest backup")].rpartition('<a class="tile')[2]
        return part.get("amber", False), tile.startswith(" tile-warn"), "finds the reason in the log" in settings

    with at(NIGHT):
        assert shown() == (True, True, True)
        nightly.make()
    with at(NIGHT + 36 * HOUR):
        assert shown() == (False, False, False)
    with at(NIGHT + 37 * HOUR):
        assert shown() == (True, True, True)


def test_the_tile_is_for_whoever_may_see_to_it(backups: Path, clerk: object, client: Client) -> None:
    factories.person("Mei")
    client.force_login(clerk)  # type: ignore[arg-type]
    assert "Newest backup" not in client.get(reverse("today")).text


def test_backups_of_before_an_upgrade_go_after_two_weeks(tmp_path: Path) -> None:
    folder = erased_numbers.upgrade_folder()
    for day in (1, 10):
        (folder / f"before-202611{day:02}T014100Z").mkdir(parents=True)
    (folder / "before-anything-else").mkdir()
    with at(NIGHT):
        assert upgrade.remove_old() == 1
    assert sorted(path.name for path in folder.iterdir()) == ["before-20261110T014100Z", "before-anything-else"]


class TestErased:
    def test_every_folder_with_backups_gets_the_number_and_no_name(
        self, backups: Path, django_capture_on_commit_callbacks: object
    ) -> None:
        erased_numbers.upgrade_folder().mkdir()
        mei, ben = factories.person("Mei"), factories.person("Ben")
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            erasure.erase(mei, actor=None)
        for folder in (backups, erased_numbers.upgrade_folder()):
            assert [line.key for line in erased_numbers.read(folder)] == [(mei.pk, mei.created_at)]
            assert "Mei" not in (folder / erased_numbers.NAME).read_text()
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            erasure.erase(ben, actor=None)
        assert [line.person for line in erased_numbers.read(backups)] == [mei.pk, ben.pk]

    def test_what_was_not_listed_at_once_is_listed_by_the_clock(self, backups: Path) -> None:
        mei = factories.person("Mei")
        erasure.erase(mei, actor=None)  # and the process is killed before it is listed
        nightly.work()
        nightly.work()
        assert [line.person for line in erased_numbers.read(backups)] == [mei.pk]

    def test_where_nobody_was_erased_an_empty_list_says_so(self, backups: Path) -> None:
        nightly.work()
        assert (backups / erased_numbers.NAME).read_bytes() == b""

    def test_a_line_that_cannot_be_read_is_refused_and_nothing_is_dropped(self, backups: Path) -> None:
        erasure.erase(factories.person("Mei"), actor=None)
        erased_numbers.complete()
        path = backups / erased_numbers.NAME
        path.write_text(path.read_text() + '{"person": 7, "crea\n')
        with pytest.raises(Refusal) as raised:
            erased_numbers.read(backups)
        assert (raised.value.code, raised.value.facts["line"]) == ("erased_list_damaged", 2)
        before = path.read_text()
        erasure.erase(factories.person("Ben"), actor=None)
        with pytest.raises(Refusal):
            erased_numbers.complete()
        assert path.read_text() == before
