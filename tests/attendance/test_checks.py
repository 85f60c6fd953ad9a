"""System checks find the mistakes they promise to find, and are silent otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from attendance import checks
from config import settings as deployed


def test_a_secret_key_that_others_can_read_is_an_error(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    key = tmp_path / "secret_key"
    key.write_text("x")
    key.chmod(0o640)
    assert [found.id for found in checks.check_secret_key()] == ["muster.E001"]
    key.chmod(0o600)
    assert checks.check_secret_key() == []


def test_the_key_made_at_first_start_passes(settings: Settings) -> None:
    settings.VAR_DIR = deployed.VAR_DIR
    assert (Path(settings.VAR_DIR) / "secret_key").exists()
    assert checks.check_secret_key() == []


@pytest.mark.parametrize(
    ("options", "good"),
    [
        ("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", True),
        ("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;", False),
        ("PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL;", False),
    ],
)
def test_sqlite_in_another_mode_is_an_error(
    db: None, tmp_path: Path, options: str, good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db.backends.sqlite3.base import DatabaseWrapper

    database = DatabaseWrapper(
        {
            **connection.settings_dict,
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(tmp_path / "x.sqlite3"),
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": options},
        },
        alias="other",
    )
    monkeypatch.setattr(checks, "connections", {"other": database})
    try:
        found = checks.check_sqlite(databases=["other"])
    finally:
        database.close()
    assert [one.id for one in found] == ([] if good else ["muster.E002"])


def test_a_state_folder_on_a_network_is_an_error(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("disk / ext4 rw 0 0\nserver:/share /srv/with\\040space nfs4 rw 0 0\n")
    assert checks.file_system_of(Path("/srv/with space/var"), mounts=mounts) == "nfs4"
    assert checks.file_system_of(Path("/srv/other"), mounts=mounts) == "ext4"
    assert checks.file_system_of(Path("/srv"), mounts=tmp_path / "none") is None
    settings.REDIS_URL = None
    monkeypatch.setattr(checks, "file_system_of", lambda _folder: "nfs4")
    assert [found.id for found in checks.check_state_folder()] == ["muster.E003"]
    monkeypatch.setattr(checks, "file_system_of", lambda _folder: "ext4")
    assert checks.check_state_folder() == []


def test_a_processor_without_what_torch_needs_is_told_before_it_crashes(tmp_path: Path) -> None:
    facts = tmp_path / "cpuinfo"
    facts.write_text("processor\t: 0\nflags\t\t: fpu sse2\n")
    assert checks.missing_cpu_flags(facts=facts) == {"avx2"}
    facts.write_text("processor\t: 0\nflags\t\t: fpu sse2 avx avx2\n")
    assert checks.missing_cpu_flags(facts=facts) == frozenset()
    facts.write_text("processor\t: 0\nFeatures\t: fp asimd\n")  # ARM
    assert checks.missing_cpu_flags(facts=facts) == frozenset()


def test_a_missing_model_and_a_wrong_one_are_errors(settings: Settings, tmp_path: Path) -> None:
    settings.MODELS_DIR = str(tmp_path / "none yet")
    assert checks.check_models() == []  # the package's own files will be prepared there
    (tmp_path / "yunet.onnx").write_bytes(b"x")
    (tmp_path / "face_recognition_sface_2021dec.onnx").write_bytes(b"not the one")
    settings.MODELS_DIR = str(tmp_path)
    (found,) = checks.check_models()
    assert found.id == "muster.E005"
    assert "model_" in found.msg
    assert found.hint


def test_a_deployment_hashes_at_full_cost() -> None:
    """Tests hash cheaply (tests/settings.py); what ships must not."""
    from django.contrib.auth.hashers import Argon2PasswordHasher
    from django.utils.module_loading import import_string

    first = import_string(deployed.PASSWORD_HASHERS[0])
    assert first is Argon2PasswordHasher
    assert (first.time_cost, first.memory_cost, first.parallelism) >= (2, 102_400, 8)
