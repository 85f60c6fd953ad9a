"""Pages of documentation agree with the code: what they list is compared with it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from attendance.web.operation import health

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
OPERATE = (ROOT / "docs/how-to/operate.md").read_text()
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
VARIABLE = re.compile(r"\b(?:MUSTER_[A-Z_]+|REDIS_URL|DATABASE_URL)\b")


def table(text: str, heading: str) -> dict[str, list[str]]:
    """Return the rows of the first table whose head starts with the heading: first cell -> the others."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(f"| {heading} |"):
            next(lines)
            break
    rows = {}
    for line in lines:
        if not line.startswith("|"):
            break
        first, *others = (cell.strip() for cell in line.strip("|").split("|"))
        rows[first.strip("`")] = others
    assert rows, heading
    return rows


def test_every_variable_that_is_read_is_in_the_readme_and_no_other() -> None:
    sources = [*(ROOT / "config").glob("*.py"), ROOT / "tests/conftest.py", ROOT / "Makefile"]
    read = {name for path in sources for name in VARIABLE.findall(path.read_text())}
    assert set(table(README, "variable")) == read


def test_every_direct_dependency_has_its_reason_in_the_readme() -> None:
    direct = (ROOT / "requirements.txt").read_text().split("# -- pulled in")[0]
    direct += (ROOT / "requirements-inference.txt").read_text()
    names = {re.split(r"[\[=]", line)[0] for line in direct.splitlines() if "==" in line}
    assert set(table(README, "package")) == names
    assert all(reason for (reason,) in table(README, "package").values())


def test_every_line_of_the_requirements_is_pinned() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-inference.txt"):
        lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith(("#", "-r"))]
        assert all(re.fullmatch(r"[\w.\-\[\]]+==[\w.]+", line) for line in lines), name


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files_and_commands_exist(page: Path) -> None:
    text = page.read_text()
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (page.parent / target).exists(), target
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"(?<![\w-])make ([a-z-]+)(?=[ `\n]*(?:`|\n|PHOTOS| {2,}#))", text)) <= targets
    assert set(re.findall(r"manage\.py ([a-z_]+)", text)) <= set(get_commands())


def test_the_health_page_and_the_checks_are_told_as_they_are() -> None:
    assert list(table(OPERATE, "part")) == list(health.PARTS)
    ids = set(re.findall(r'id="(muster\.\w+)"', (ROOT / "attendance/checks.py").read_text()))
    assert set(table(OPERATE, "id")) == ids


def test_every_decision_is_in_the_list() -> None:
    folder = ROOT / "docs/decisions"
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text())
    assert listed == sorted(path.name for path in folder.glob("0*.md"))


def test_the_settings_name_the_version_of_the_project() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == settings.VERSION


def test_the_hooks_before_a_commit_run_what_make_check_runs() -> None:
    recipe = re.search(r"^check:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert recipe is not None
    commands = [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe[1].splitlines()]
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [hook["entry"] for hook in repository["hooks"]] == commands
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}


def test_the_newest_version_of_the_changelog_is_that_of_the_project() -> None:
    versions = re.findall(r"^## \[([\d.]+)\] - (.+)$", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    assert versions[0][0] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", date) for _, date in versions[1:])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d|Unreleased", versions[0][1])
