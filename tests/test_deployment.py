"""Containers run the same commands that the tests run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from config import run

ROOT = Path(__file__).resolve().parents[1]
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_each_service_runs_what_make_run_starts(name: str) -> None:
    assert SERVICES[name]["command"] == ["python", *run.PARTS[name][1:]]


def test_every_service_is_watched_and_none_is_root() -> None:
    assert set(SERVICES) == {"set_up", "web", "worker", "beat", "redis", "postgres"}
    assert all(service["user"] != "root" for service in SERVICES.values())
    assert all("healthcheck" in service for name, service in SERVICES.items() if name != "set_up")


def test_the_image_carries_what_it_copies() -> None:
    copied = re.findall(r"^COPY (\S+) ", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert copied
    assert all((ROOT / name).exists() for name in copied)
