"""templates/: the front matter is read strictly, the body is understood before it is needed."""

from pathlib import Path

import pytest

from bot.config import load_templates
from tests.unit.configuration import ROOT, Case, cases, edited, lines

TEMPLATE = """\
---
template: status
channels: {slack: true, email: {subject: "{{ incident.id }}"}}
required: [progress]
---
*{{ incident.id }}*
{{ progress }} by {{ update.next_due | time }}
"""


def judged(folder: Path, text: str) -> tuple[list[str], list[str], list[str]]:
    """The ids of what is loaded, the errors, the warnings."""
    (folder / "status.md").write_text(text, encoding="utf-8")
    templates, problems = load_templates(folder)
    return list(templates), lines(problems), lines(problems, "warning")


def test_the_projects_templates_are_sound() -> None:
    """The example templates are accepted without a word, body and channels included."""
    templates, problems = load_templates(ROOT / "templates")
    assert problems == []
    assert set(templates) >= {"initial_notification", "resolution", "status_update"}
    assert templates["status_update"].body.startswith("*{{ incident.id }}")
    assert templates["initial_notification"].channels.sms


@pytest.mark.parametrize("case", cases("template_errors"), ids=lambda case: case.name)
def test_an_error_names_its_place(tmp_path: Path, case: Case) -> None:
    """Front matter and body alike are judged with the lines of the whole file."""
    loaded, errors, _ = judged(tmp_path, edited(TEMPLATE, (case.old, case.new)))
    assert case.says in errors
    assert loaded == []


@pytest.mark.parametrize("case", cases("template_doubts"), ids=lambda case: case.name)
def test_a_doubt_is_a_warning(tmp_path: Path, case: Case) -> None:
    """A name that nobody fills in, and a section that nobody would see, are said and stop nothing."""
    loaded, errors, warnings = judged(tmp_path, edited(TEMPLATE, (case.old, case.new)))
    assert case.says in warnings
    assert (loaded, errors) == (["status"], [])


def test_two_files_with_one_id_are_an_error(tmp_path: Path) -> None:
    """Which of them would be sent must not hang on the order of files."""
    (tmp_path / "other.md").write_text(TEMPLATE, encoding="utf-8")
    _, errors, _ = judged(tmp_path, TEMPLATE)
    assert errors == ["status.md:1:1: template: another file is the template status too (give each file its own id)"]
