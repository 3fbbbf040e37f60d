"""What exists stands in the documentation: settings, checks, states, commands, modules; and what is linked exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from comments.states import MOVES, Status
from tests.processes import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def read(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


def variables() -> list[str]:
    """Environment variables that the settings read, in the order of the file."""
    source = read("newsroom/settings.py") + read("newsroom/embedded.py")
    found = re.findall(r'(?:env\.\w+|read_flag|read_number|environ\.get)\(\s*"([A-Z_]+)"', source)
    return list(dict.fromkeys(found))


def constants() -> list[str]:
    """The settings that are ours rather than Django's or Celery's."""
    ours = r"^((?:COMMENT|MODERATION|SCREEN|NOTICES|CLAIM|REPORTS|LOGIN|READ|METRICS|WORKER|OVERDUE|SEEDERS|NETWORK)[A-Z_]*)(?::.*?)? ="
    return re.findall(ours, read("newsroom/settings.py"), re.MULTILINE)


def test_the_lists_below_are_not_empty() -> None:
    assert {"SECRET_KEY", "DATABASE_URL", "COMMENT_RATE_LIMITS", "DATA_DIR", "HOST"} <= set(variables())
    assert {"MODERATION_CHECKS", "SCREEN_LEASE", "SEEDERS"} <= set(constants())
    assert len(modules()) > 50


@pytest.mark.parametrize("name", [*variables(), *constants()])
def test_every_setting(name: str) -> None:
    assert f"| `{name}` |" in read("docs/settings.md")


@pytest.mark.parametrize("name", sorted({*settings.MODERATION_CHECKS, *settings.MODERATION_SHADOW_CHECKS}))
def test_every_check(name: str) -> None:
    assert re.search(rf"^(#+ |\| ).*\b{name}\b", read("docs/checks.md"), re.MULTILINE), f"docs/checks.md does not describe {name}"


@pytest.mark.parametrize("status", list(Status))
def test_every_state_and_its_moves(status: Status) -> None:
    row = next(line for line in read("ARCHITECTURE.md").splitlines() if line.startswith(f"| `{status.name}` |"))
    moves = row.split("|")[3]
    if status == Status.PENDING:
        assert "every other state" in moves
        assert MOVES[status] == set(Status)
    else:
        assert {Status[name] for name in re.findall(r"`(\w+)`", moves)} == MOVES[status]


def commands() -> list[str]:
    return sorted(path.stem for path in ROOT.glob("*/management/commands/*.py") if not path.stem.startswith("_"))


@pytest.mark.parametrize("name", commands())
def test_every_command(name: str) -> None:
    text = "\n".join(path.read_text("utf-8") for path in DOCUMENTS)
    assert re.search(rf"manage\.py {name}\b", text), f"no document says what `manage.py {name}` does"


def modules() -> list[tuple[str, str]]:
    """(app, line) for every module; a folder counts as one."""
    found = []
    for app in ("newsroom", "comments", "moderation"):
        for path in sorted((ROOT / app).iterdir()):
            if path.is_dir() and any(path.glob("*.py")) and path.name not in {"migrations", "__pycache__"}:
                found.append((app, f"{path.name}/"))
            elif path.suffix == ".py" and path.stem not in {"__init__", "apps"}:
                found.append((app, path.name))
    return found


@pytest.mark.parametrize(("app", "name"), modules())
def test_every_module(app: str, name: str) -> None:
    text = read("ARCHITECTURE.md")
    part = text[text.index(f"### {app} ") :]
    part = part[: part.find("\n##", 4)]
    assert f"| `{name}` |" in part, f"ARCHITECTURE.md has no line for {app}/{name}"


def test_no_line_for_a_module_that_is_gone() -> None:
    text = read("ARCHITECTURE.md")
    listed = re.findall(r"^\| `([a-z_]+(?:\.py|/))` \|", text, re.MULTILINE)
    assert set(listed) <= {name for _app, name in modules()} | {"management/"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", document.read_text("utf-8")):
        assert (document.parent / target).exists(), f"{target} is not there"


@pytest.mark.parametrize(
    "number",
    sorted(
        {
            n
            for app in ("newsroom", "comments", "moderation")
            for path in (ROOT / app).rglob("*.py")
            for n in re.findall(r"docs/adr/(\d{4})", path.read_text("utf-8"))
        }
    ),
)
def test_decisions_named_in_the_source_are_written_down(number: str) -> None:
    assert len(list((ROOT / "docs" / "adr").glob(f"{number}-*.md"))) == 1


@pytest.mark.parametrize("target", ["run", "test", "check", "bench", "help", "lint", "lock"])
def test_make_help_lists_every_target(target: str) -> None:
    assert re.search(rf"^{target}:.*## \S", read("Makefile"), re.MULTILINE)
