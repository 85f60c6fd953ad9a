"""The settings explain what they mean, and only valid values are kept."""

from __future__ import annotations

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from attendance.core.models import AuditEntry, SiteSettings
from attendance.recognition import local_calibration
from attendance.recognition.models import MatchSettings
from tests import crowd

SITE = {
    "organisation": "Harbour",
    "site_name": "Gate",
    "time_zone": "Asia/Tokyo",
    "contact": "",
    "evidence_days": "3",
    "debounce_seconds": "90",
}


def test_the_site_is_kept_and_remembered(desk: Client) -> None:
    assert desk.post(reverse("settings"), SITE).status_code == 302
    row = SiteSettings.objects.get()
    assert (row.organisation, row.time_zone, row.evidence_days) == ("Harbour", "Asia/Tokyo", 3)
    assert (
        AuditEntry.objects.get().facts["fields"]
        == "debounce_seconds, evidence_days, organisation, site_name, time_zone"
    )


@pytest.mark.parametrize("wrong", [{"time_zone": "Mars/Olympus"}, {"evidence_days": "400"}, {"organisation": ""}])
def test_invalid_settings_are_not_saved(desk: Client, wrong: dict[str, str]) -> None:
    assert desk.post(reverse("settings"), SITE | wrong).status_code == 422
    assert not SiteSettings.objects.exists()


@pytest.mark.slow
def test_a_target_is_shown_in_tries_with_what_it_costs(desk: Client) -> None:
    page = desk.get(reverse("settings")).text
    assert 'value="1000"' in page
    assert "Honest people" in page
    assert desk.post(reverse("settings"), {"tries": "5000"}).status_code == 302
    assert MatchSettings.objects.get().target_false_accept == pytest.approx(1 / 5000)
    for wrong in ("5", "2000000", "many"):
        assert desk.post(reverse("settings"), {"tries": wrong}).status_code == 422
    assert MatchSettings.objects.get().target_false_accept == pytest.approx(1 / 5000)


def test_a_meaning_is_shown_before_it_is_saved(desk: Client) -> None:
    loose = desk.get(reverse("matching_meaning"), {"tries": "10"}).text
    strict = desk.get(reverse("matching_meaning"), {"tries": "1000000"}).text
    assert "passes once in 10" in loose
    assert "passes once in 1,000,000" in strict
    assert "Type a number" in desk.get(reverse("matching_meaning"), {"tries": "x"}).text


def test_a_rate_beyond_what_was_measured_is_marked(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from attendance.recognition import settings

    point = settings.operating_point(target_false_accept=0.1, comparisons=1)
    assert not point.beyond_measured
    beyond = settings.operating_point(target_false_accept=1e-6, comparisons=1_000_000)
    assert beyond.beyond_measured
    monkeypatch.setattr(settings, "operating_point", lambda **_: beyond)
    assert "extrapolated" in desk.get(reverse("settings")).text


def test_the_own_people_show_both_curves_and_what_honest_people_pay(desk: Client) -> None:
    assert "Not computed yet" in desk.get(reverse("settings")).text
    drawn = crowd.drawn_vectors(40)
    drawn[:, 0] += 0.8
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    crowd.enrol_all(drawn, numbers=[str(number) for number in range(40)])
    row = local_calibration.store(local_calibration.compute())

    page = desk.get(reverse("settings")).text

    assert "40 people, 780 pairs" in page
    assert f"stricter by {row.move:.3f}" in page
    assert "times as often as promised" in page
    assert "<svg" in page
    assert "Few people are enrolled: they have 67 % of the say" in page
    assert "Switched off" not in page
    MatchSettings.objects.create(pk=1, use_local_calibration=False)
    assert "Switched off" in desk.get(reverse("settings")).text
    with_own = desk.get(reverse("matching_meaning"), {"tries": "1000", "own_people": "on"}).text
    without = desk.get(reverse("matching_meaning"), {"tries": "1000"}).text
    assert "with the shipped calibration" in with_own
    assert "with the shipped calibration" not in without


def test_the_switch_is_saved_and_an_unchanged_one_is_no_change(desk: Client) -> None:
    assert desk.post(reverse("settings"), {"tries": "1000", "own_people": "on"}).status_code == 302
    assert MatchSettings.objects.get().use_local_calibration
    assert desk.post(reverse("settings"), {"tries": "1000"}).status_code == 302
    assert not MatchSettings.objects.get().use_local_calibration
    assert AuditEntry.objects.filter(action="matching.calibration").count() == 1


def test_a_handful_of_people_say_nothing(desk: Client) -> None:
    crowd.enrol_all(crowd.drawn_vectors(3), numbers=["1", "2", "3"])
    local_calibration.store(local_calibration.compute())

    page = desk.get(reverse("settings")).text

    assert "The shipped calibration decides." in page
    assert "<svg role" not in page
