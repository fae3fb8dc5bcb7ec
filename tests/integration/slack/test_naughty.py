"""Text that has broken chats before, in every field that people can fill."""

import json
import re
from collections.abc import Iterator
from html import escape
from typing import Any

import pytest

from bot.slack.controls import Control
from bot.slack.requests import Origin, whole
from tests.integration.slack.world import ALICE, SlackWorld
from tests.unit.slack.naughty import NAUGHTY

OURS = re.compile(r"<!date\^\d+\^[^<>|]+\|[^<>]*>|<#C[A-Z0-9]+>|<http://127\.0\.0\.1[^<>|]*\|[^<>]*>")
LIVE = re.compile(r"<[@#!]|<https?:|<mailto:")
BROKEN = "Something broke"


def many() -> Iterator[str]:
    """More than 503 strings: each as it is, wrapped, turned, doubled, and long."""
    for text in NAUGHTY:
        yield from (
            text,
            f"a{text}b",
            text[::-1],
            f"`{text}`",
            f"*{text}*",
            f"<{text}>",
            f"--{text}",
            f"“{text}",
            text * 40,
        )


MANY = tuple(dict.fromkeys(many()))


def check_answer(body: str, text: str) -> None:
    """An answer is one that Slack takes, has nothing live that is not ours, and no bug behind it."""
    assert BROKEN not in body, repr(text)
    for said in strings(json.loads(body)) if body else ():
        assert not LIVE.search(OURS.sub("", said)), (text, said)


def strings(value: Any) -> Iterator[str]:
    """Every mrkdwn text in an answer."""
    if isinstance(value, dict):
        if value.get("type") == "plain_text":
            return
        for name, inner in value.items():
            if name not in ("private_metadata", "initial_value", "errors"):
                yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


def typed(world: SlackWorld, line: str, trigger: str) -> str:
    """A line as Slack sends it; the answer's body."""
    body = {"command": "/dr", "text": escape(line, quote=False), "user_id": ALICE, "team_id": "T0DR"}
    answer = world.send({**body, "channel_id": "C0ONCALL", "trigger_id": trigger})
    assert answer.status == 200, repr(line)
    return str(answer.body)


def submitted(world: SlackWorld, callback: str, origin: Origin, fields: dict[str, str], view: str) -> str:
    """A form as Slack sends it; the answer's body."""
    state = {block: {"text": {"type": "plain_text_input", "value": text}} for block, text in fields.items()}
    made = {
        "id": view,
        "type": "modal",
        "callback_id": callback,
        "private_metadata": origin.text(),
        "blocks": [{"type": "input", "block_id": block} for block in fields],
        "state": {"values": state},
    }
    answer = world.send(world.body("view_submission", ALICE, view=made))
    assert answer.status == 200, repr(fields)
    return str(answer.body)


def test_there_are_enough() -> None:
    """As many strings as the well-known list has, and more."""
    assert len(MANY) > 503


@pytest.mark.parametrize("line", ["{}", "INC-{number} note {}", "declare {} orders it is down"])
def test_naughty_words_behind_dr(world: SlackWorld, line: str) -> None:
    """Whatever is typed behind /dr is answered in words."""
    type_all(world, line, MANY)


@pytest.mark.parametrize(
    "rest", ["{}", "assign scribe {}", "done {}", "show {}", "start {}", "snooze {}", "severity {}"]
)
def test_naughty_words_behind_a_subcommand(world: SlackWorld, rest: str) -> None:
    """Whatever stands where a step, a person, a length or a severity should."""
    type_all(world, f"INC-{{number}} {rest}", NAUGHTY)


def type_all(world: SlackWorld, line: str, texts: tuple[str, ...]) -> None:
    number = world.declared()
    for at, text in enumerate(texts):
        said = typed(world, line.replace("{number}", str(number)).replace("{}", text), f"{line}{at}")
        check_answer(said, text)


def test_naughty_words_in_forms(world: SlackWorld) -> None:
    """Whatever a form's fields hold: it is done, or refused at a field."""
    number = world.declared()
    incident = f"INC-{number}"
    forms: list[tuple[str, Origin, tuple[str, ...]]] = [
        ("note", Origin(control=Control("note", incident).meaning), ("note",)),
        ("reason", Origin(control=Control("stop", incident, run="R1").meaning), ("reason",)),
        ("break_glass", Origin(control=Control("break_glass", incident, "R1", "x").meaning), ("reason", "target")),
        ("declare", Origin(), ("since", "title", "description")),
        ("severity", Origin(control=Control("severity", incident).meaning), ("severity", "reason")),
        (
            "start_runbook",
            Origin(control=Control("start_runbook", incident, detail="restore").meaning),
            ("input:backup",),
        ),
        (
            "update",
            Origin(control=Control("update_now", incident, detail="9").meaning, drafts={"eta": "x"}),
            ("section:eta",),
        ),
    ]
    for at, text in enumerate(MANY):
        for callback, origin, fields in forms if text in NAUGHTY else forms[:1]:
            said = submitted(world, callback, origin, dict.fromkeys(fields, text), f"V{callback}{at}")
            check_answer(said, text)
    kept = world.notes(number)
    assert len(kept) > 300
    assert not any("\n" in note for note in kept)


def test_naughty_titles_everywhere(world: SlackWorld) -> None:
    """As titles, descriptions and updates they reach every message, list, form and the home tab, and Slack takes all."""
    titles = [whole(text) for text in NAUGHTY[::3] if _is_title(text)]
    numbers = [world.declared(title=text[:200], description=text[:2000]) for text in titles]
    for number, text in zip(numbers, titles, strict=True):
        check_answer(typed(world, f"INC-{number} update {text}", f"u{number}"), text)
    world.dr("list")
    world.dr("")
    world.workspace.open_home(ALICE)
    world.waited(lambda: world.workspace.home(ALICE), "no home")
    for number in numbers:
        world.message("card", number)
        world.message("update/1", number)
        world.dr(f"INC-{number} status")
        world.dr(f"INC-{number} timeline")
        form = world.form(f"INC-{number} resolve")
        world.workspace.close_view(ALICE, form)
    refused = [entry for entry in world.workspace.ledger if "blocks" in entry.error or "invalid" in entry.error]
    refused = [entry for entry in refused if "trigger_id" not in json.dumps(entry.answer)]  # ours are made up here
    assert not [entry for entry in refused if "trigger_id" not in str(entry.answer)]  # typed above without a real one


def _is_title(text: str) -> bool:
    return bool("".join(ch for ch in text if ch.isprintable()).strip())
