"""What people type behind /dr taken apart, and what they are told put into Slack's words."""

from typing import Any

import pytest

from bot.domain.errors import NotConfirmed, Refused
from bot.slack.controls import Control
from bot.slack.requests import Form, Origin, click, submission, whole
from bot.slack.spoken import Takes, first_words, take_incident, take_options
from bot.slack.wording import account_in, field_error, in_slack, readable, refusal
from tests.unit.builders import recovery_plan

WORDS = frozenset({"show", "list", "start", "retry", "help"})
OPTIONS = {"since": Takes.WORD, "reason": Takes.TEXT, "private": Takes.NOTHING}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", (None, "", "")),
        ("declare sev1 x", (None, "declare", "sev1 x")),
        ("  NOTE  hello ", (None, "note", "hello")),
        ("INC-7", ("INC-7", "", "")),
        ("inc-007 Status now", ("INC-7", "status", "now")),
        ("7 status", (None, "7", "status")),
    ],
)
def test_the_first_words(text: str, parts: tuple[str | None, str, str]) -> None:
    """An incident may stand first; the subcommand is read in any case."""
    assert first_words(text) == parts


def test_an_incident_behind_the_subcommand() -> None:
    """It names the incident, but in prose another one's id is a word."""
    assert take_incident("INC-3 R1", here=None, prose=False) == ("INC-3", "R1")
    assert take_incident("INC-3 is the cause", here="INC-7", prose=True) == (None, "INC-3 is the cause")
    assert take_incident("INC-7 is slow", here="INC-7", prose=True) == ("INC-7", "is slow")
    assert take_incident("INC-3 is slow", here=None, prose=True) == ("INC-3", "is slow")
    assert take_incident("R1", here="INC-7", prose=False) == (None, "R1")


@pytest.mark.parametrize(
    ("rest", "words", "options"),
    [
        ("a b", ("a", "b"), {}),
        ("a --since 10m b", ("a", "b"), {"since": ("10m",)}),
        ("a --since=10m b --private c", ("a", "b", "c"), {"since": ("10m",), "private": ("",)}),
        ("a \u2014reason it is \u2013private b", ("a", "b"), {"reason": ("it is",), "private": ("",)}),
        ('a --reason "it is" b', ("a", "b"), {"reason": ("it is",)}),
        ("a --reason \u201cit's so\u201d b", ("a", "b"), {"reason": ("it's so",)}),
        ('a --reason "it never ends', ("a",), {"reason": ('"it never ends',)}),
        ("a --since", ("a",), {"since": ("",)}),
        ("a well\u2014known thing", ("a", "well\u2014known", "thing"), {}),
        ("--since 1m --since 2m", (), {"since": ("1m", "2m")}),
    ],
)
def test_options_stand_anywhere(rest: str, words: tuple[str, ...], options: dict[str, tuple[str, ...]]) -> None:
    """One word, text up to the next option or in quotes, or nothing; a telephone's dashes and quotes are read too."""
    assert take_options(rest, OPTIONS) == (words, options)


def test_an_unknown_option_is_refused() -> None:
    """It names what comes near; where a subcommand knows none, none is looked for in a dash."""
    with pytest.raises(Refused, match=r"There is no option --sinc here\. Did you mean since\?"):
        take_options("a --sinc 10m", OPTIONS)
    assert take_options("a \u2014sinc 10m", {}) == (("a", "\u2014sinc", "10m"), {})


def test_prose_may_hold_a_command_line() -> None:
    """What somebody notes down has options of its own; a subcommand that takes no prose refuses them."""
    assert take_options("fixed by deploy --rollback", {}, prose=True) == (("fixed", "by", "deploy", "--rollback"), {})
    with pytest.raises(Refused, match="--rollback"):
        take_options("promote --rollback", {})


def test_what_slack_escaped_is_read_back() -> None:
    """Entities once, mentions by name, links as they are."""
    plan = recovery_plan(
        people={**{p: {"name": p.title()} for p in ("alice", "bob", "carol", "dave", "erin", "frank")}}
    )
    assert readable("a &amp;lt; b &lt;c&gt;", plan) == "a &lt; b <c>"
    assert readable("<@U0BOB|bob> <@U1> <#C1|ops> <#C2> <!here> <!subteam^S1|@dr> <https://x|y>", plan) == (
        "@bob @U1 #ops #C2 @here @dr https://x"
    )
    hosts = "<http://db.example.com|db.example.com> <mailto:a@b.example|a@b.example> <http://x.example|y>"
    assert readable(hosts, plan) == "db.example.com a@b.example http://x.example"
    assert account_in("<@U0BOB|bob>") == account_in("<@U0BOB>") == "U0BOB"
    assert account_in("bob") is account_in("&lt;@U0BOB&gt;") is None


@pytest.mark.parametrize(
    ("core", "slack"),
    [
        ("List them with: dr list.", "List them with: `/dr list`."),
        ("Start one: dr start INC-7 RUNBOOK.", "Start one: `/dr start INC-7 RUNBOOK`."),
        ("Go on there (dr show INC-7), or not", "Go on there (`/dr show INC-7`), or not"),
        ("Name it first: dr INC-7 show.", "Name it first: `/dr INC-7 show`."),
        ("Did you mean dr list? All: dr help", "Did you mean `/dr list`? All: `/dr help`"),
        ("once a dr serve is running", "once a dr serve is running"),
        ("Take the role first: assign commander.", "Take the role first: `/dr assign commander @you`."),
        ("Dr show and `dr show`", "Dr show and `dr show`"),
    ],
)
def test_advice_names_slacks_commands(core: str, slack: str) -> None:
    """What the core says of the terminal is said of /dr, in code; what /dr does not have stays."""
    assert in_slack(core, WORDS) == slack


def test_refusals_are_safe() -> None:
    """A name in a refusal can't mention, link or style; at a field it is plain text."""
    error = Refused("There is no step <!here> *x*.", "Known are: a_b. dr show.")
    assert refusal(error, WORDS) == "There is no step &lt;!here&gt; \u2217x\u2217. Known are: a_b. `/dr show`."
    assert field_error(error, WORDS) == "There is no step <!here> *x*. Known are: a_b. /dr show."
    assert refusal(NotConfirmed("Not confirmed."), WORDS) == "Not confirmed."


def test_a_forms_values() -> None:
    """Texts, choices, ticks and accounts by their blocks; what is missing is empty."""
    values: dict[str, dict[str, Any]] = {
        "a": {"text": {"value": "x\ud800"}},
        "b": {"choice": {"selected_option": {"value": "y"}}},
        "c": {"choice": {"selected_options": [{"value": "z"}]}},
        "d": {"account": {"selected_user": "U1"}},
        "e": {"choice": {"selected_option": None}},
    }
    form = Form(values)
    assert (form.text("a"), form.chosen("b"), form.ticked("c"), form.account("d")) == ("x\ufffd", "y", True, "U1")
    assert (form.text("e"), form.chosen("e"), form.ticked("e"), form.account("nothing")) == ("", "", False, "")
    assert whole("\U0001f600") == "\U0001f600"


def test_an_origin_survives_its_form() -> None:
    """What a form was opened about comes back with it; what is no origin is an empty one."""
    control = Control("decline", "INC-7", "R1", "promote", 1, 2, "abc")
    sent = Origin(control=control.meaning, channel="C1", response_url="http://127.0.0.1/x")
    assert Origin.read(sent.text()).about == control
    assert Origin.read("no json") == Origin.read("[1]") == Origin()
    long = sent.model_copy(update={"response_url": "http://127.0.0.1/" + "x" * 4000})
    assert Origin.read(long.text()).response_url is None


def test_keys_tell_requests_apart() -> None:
    """The same press or form has the same key; another person's, another moment's has another."""
    body = {
        "type": "block_actions",
        "user": {"id": "U1"},
        "container": {"message_ts": "1.1"},
        "actions": [{"action_id": "control:done", "action_ts": "2.2", "value": "id"}],
    }
    other = {**body, "user": {"id": "U2"}}
    later = {**body, "actions": [{"action_id": "control:done", "action_ts": "3.3", "value": "id"}]}
    assert click(body).key == click(dict(body)).key
    assert len({click(one).key for one in (body, other, later)}) == 3
    view = {"user": {"id": "U1"}, "view": {"id": "V1", "callback_id": "note"}}
    assert submission(view).key == submission({**view, "user": {"id": "U1"}}).key == "slack:view:V1"
