"""A state folder of its own for every test of backups."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def own_state(settings: Settings, tmp_path: Path) -> None:
    """Put the state beside the backups, not around them."""
    settings.VAR_DIR = tmp_path / "var"
    settings.MEDIA_ROOT = tmp_path / "var" / "media"
    (tmp_path / "var").mkdir()


@pytest.fixture
def backups(settings: Settings, tmp_path: Path) -> Path:
    """The folder for nightly backups."""
    settings.BACKUPS_DIR = str(tmp_path / "backups")
    settings.BACKUPS_KEPT = 3
    return tmp_path / "backups"
