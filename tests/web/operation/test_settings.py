"""The settings explain what they mean, and only valid values are kept."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from attendance.core.models import AuditEntry, SiteSettings
from attendance.recognition.models import MatchSettings

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
