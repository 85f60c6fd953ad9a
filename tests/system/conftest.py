"""Fixtures of the tests with real processes: prepared models, and an instance of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system import instance as instances
from tests.system.processes import ROOT


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepare the models once; every process of every test opens these."""
    folder = tmp_path_factory.mktemp("models")
    subprocess.run([sys.executable, "-m", "verifier", "prepare", "--to", str(folder)], cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Iterator[instances.Instance]:
    """One that no test touches: the others begin as its copies."""
    with instances.fresh(tmp_path_factory.mktemp("migrated") / "var", models=models) as made:
        yield made


@pytest.fixture
def instance(tmp_path: Path, models: Path, migrated: instances.Instance) -> Iterator[instances.Instance]:
    """A migrated instance without any process yet."""
    with instances.fresh(tmp_path / "var", models=models, like=migrated) as made:
        yield made
