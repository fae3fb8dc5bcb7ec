"""The dr command gives real commands to a real desk: what it says, what it refuses, and what it keeps."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest

from bot.domain import commands as c
from bot.domain.outages import STREAM, ChatBack, ChatLost
from bot.domain.timeline import BOT, Event, record
from bot.engine.signatures import check_proof
from bot.store import streams
from tests.integration.cli_world import Terminal, terminal
from tests.integration.lab import make_lab

FLIP = {"id": "flip", "title": "Flip it", "action": "toy.flip", "with": {"name": "west", "to": "on"}}
LOOK = {"id": "look", "title": "Look", "manual": "Look at it."}
RUNBOOKS = {
    "gated": {"steps": [FLIP | {"approval": {"required": 2}}]},
    "manual": {"steps": [LOOK, {"id": "tell", "title": "Tell", "manual": "Tell them."}]},
    "inputs": {"inputs": {"hold": {"title": "How long?", "type": "duration"}}, "steps": [LOOK]},
    "check": {"steps": [{"id": "well", "title": "Is it well?", "check": "toy.health"}]},
}


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables, made once and copied."""
    path = tmp_path_factory.mktemp("empty") / "dr.db"
    make_lab(f"sqlite:///{path}", path.parent, itertools.count(1), {}).close()
    return path


@pytest.fixture
def dr(tmp_path: Path, empty_database: Path) -> Iterator[Terminal]:
    copyfile(empty_database, tmp_path / "dr.db")
    lab = make_lab(f"sqlite:///{tmp_path}/dr.db", tmp_path, itertools.count(1), RUNBOOKS)
    yield terminal(lab, tmp_path)
    lab.close()


@pytest.fixture
def declared(dr: Terminal) -> Terminal:
    """An incident, declared by alice."""
    assert dr.type("declare", "sev1", "database", "it", "is", "down", as_="alice").exit_code == 0
    return dr


@pytest.fixture
def planned(declared: Terminal) -> Iterator[Terminal]:
    """A plan that waits for two approvals; an engine runs."""
    with declared.serving():
        assert declared.type("start", "1", "gated", as_="alice").exit_code == 0
        declared.lab.wait(declared.lab.desk.find("INC-1"), "flip", "pending_approval")
        yield declared


# --- the way through --------------------------------------------------------------------------------------------------


def test_an_incident_is_declared_walked_and_ended(declared: Terminal) -> None:
    """Declare, start, done, note, roles, mitigate, resolve, close: each says what became of it."""
    said = [
        declared.type("start", "INC-1", "manual", as_="alice").stdout,
        declared.type("done", "1", "look", as_="bob").stdout,
        declared.type("note", "1", "the provider", "confirms", as_="bob").stdout,
        declared.type("assign", "1", "deputy", "bob", as_="alice").stdout,
        declared.type("subscribe", "1", as_="dave").stdout,
        declared.type("acknowledge", "1", as_="carol").stdout,
        declared.type("pause", "1", as_="bob").stdout,
        declared.type("resume", "1", "R1", as_="bob").stdout,
        declared.type("skip", "1", "R1/tell", "--reason", "they know", as_="bob").stdout,
        declared.type("mitigate", "1", as_="bob").stdout,
        declared.type("resolve", "1", "it is up again", as_="bob").stdout,
        declared.type("close", "1", as_="bob").stdout,
    ]
    assert said[0].startswith("Started R1: manual for database, 2 steps.")
    assert said[1] == "look is done.\nNext: tell, Tell (dr done INC-1 tell)\n"
    assert said[3] == "Bob is deputy of INC-1.\n"
    assert said[6] == "R1 of INC-1 is paused.\n"
    assert said[8] == "tell is skipped.\n"
    assert said[11] == "INC-1 is closed.\n"
    incident = declared.lab.desk.find("INC-1")
    assert incident.resolution == {"resolution": "it is up again"}
    assert incident.runs["R1"].state == "completed"


def test_a_gated_step_runs_after_two_signed_approvals(planned: Terminal) -> None:
    """Two people approve what they are shown; it runs, and the kept signatures prove who it was."""
    first = planned.type("approve", "1", "flip", *planned.read("flip"), as_="bob")
    assert first.stdout.startswith("Approved. 1 of 2; one more of carol, dave, erin until ")
    second = planned.type("approve", "INC-1", "R1/flip", *planned.read("flip"), as_="carol")
    assert second.stdout == "Approved. 2 of 2; it starts now.\n"
    step = planned.lab.wait(planned.lab.desk.find("INC-1"), "flip", "completed")
    assert planned.lab.board.values == {"west": "on"}
    for approval in step.approvals:
        place = {"incident": "INC-1", "step": "R1/flip", "digest": step.digest}
        assert check_proof(approval.proof, approval.person, planned.lab.desk.plan, command="approve", **place) is None


@pytest.mark.parametrize(
    "words", [("approve",), ("break-glass", "--reason", "nobody answers the phone", "--target", "west")]
)
def test_yes_alone_signs_no_plan_that_nobody_read(planned: Terminal, words: tuple[str, ...]) -> None:
    """--yes needs the digest of the plan that was read; the refusal says where it stands."""
    word, *more = words
    result = planned.type(word, "1", "flip", *more, "--yes", as_="bob")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith("It stands in: dr show INC-1 R1/flip\n")
    assert not planned.lab.step(planned.lab.desk.find("INC-1"), "flip").vouched_by


def test_what_has_begun_lacks_no_approval(planned: Terminal) -> None:
    """Once it runs, its plan is shown with who approved it, and nobody is asked for any more."""
    for person in ("bob", "carol"):
        planned.type("approve", "1", "flip", *planned.read("flip"), as_=person)
    planned.lab.wait(planned.lab.desk.find("INC-1"), "flip", "completed")
    shown = planned.type("show", "1", "flip").stdout
    assert "approved by Bob, Carol" in shown
    assert "needs 2 approvals" not in shown
    plan = planned.json("show", "1", "flip")["plan"]
    assert (plan["missing"], plan["waits_for"]) == (0, [])


def test_follow_ends_when_people_are_waited_for(planned: Terminal) -> None:
    """Without a terminal, --follow adds what happens and ends with the card once the bot has nothing to do."""
    shown = planned.type("show", "1", "--follow").stdout
    assert "Alice  declared sev1: it is down" in shown
    assert "waiting for   flip: 2 approvals of Bob, Carol, Dave, Erin" in shown


def test_declare_starts_its_runbook(dr: Terminal) -> None:
    """With --runbook the run is there at once, and JSON names it."""
    answer = dr.json("declare", "sev1", "database", "down", "--since", "10m", "--runbook", "manual", as_="alice")
    assert (answer["id"], answer["state"], answer["runs"]) == ("INC-1", "active", ["R1"])
    incident = dr.lab.desk.find("INC-1")
    assert (incident.declared_at - incident.since).total_seconds() == pytest.approx(600, abs=60)


def test_inputs_are_read_by_their_type(declared: Terminal) -> None:
    """A runbook's input is checked when it is given, and is part of the run."""
    refused = declared.type("start", "1", "inputs", "--input", "hold=soon", as_="alice")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("The input hold: 'soon' is not a duration.")
    assert declared.json("start", "1", "inputs", "--input", "hold=15m", as_="alice")["run"] == "R1"
    assert declared.lab.desk.find("INC-1").runs["R1"].inputs == {"hold": "15m"}


def test_glass_is_broken_with_reason_and_target(planned: Terminal) -> None:
    """One person alone goes on with the target typed out; a wrong one is refused."""
    reason = ("--reason", "no approver answers and orders are being lost", *planned.read("flip"))
    wrong = planned.type("break-glass", "1", "flip", *reason, "--target", "east", as_="bob")
    assert (wrong.exit_code, "Type exactly: west" in wrong.stderr) == (1, True)
    assert planned.type("break-glass", "1", "flip", *reason, "--target", "west", as_="bob").exit_code == 0
    planned.lab.wait(planned.lab.desk.find("INC-1"), "flip", "completed")


def test_decline_sends_the_plan_back(planned: Terminal) -> None:
    """A declined plan waits for somebody to start the step again."""
    answer = planned.json("decline", "1", "flip", "--reason", "not now", as_="dave")
    assert (answer["state"], answer["missing"]) == ("ready", 0)
    planned.json("retry", "1", "flip", as_="alice")
    planned.lab.wait(planned.lab.desk.find("INC-1"), "flip", "pending_approval")


def test_withdrawn_approval_is_missing_again(planned: Terminal) -> None:
    """Who approved can take it back before the step begins."""
    planned.type("approve", "1", "flip", *planned.read("flip"), as_="bob")
    answer = planned.json("withdraw", "1", "flip", as_="bob")
    assert (answer["approved_by"], answer["missing"]) == ([], 2)


def test_a_risk_needs_more_than_one_word(declared: Terminal) -> None:
    """A check that can't know is blocked; two people accept its risk, and the first is told who else may."""
    declared.lab.board.healthy = None
    with declared.serving():
        declared.type("start", "1", "check", as_="alice")
        declared.lab.wait(declared.lab.desk.find("INC-1"), "well", "blocked")
    first = declared.type("accept-risk", "1", "well", "--reason", "it is so", "--yes", as_="bob")
    assert first.stdout == "Recorded. 1 of 2 say so; one more of carol, dave, erin.\n"
    second = declared.type("accept-risk", "1", "well", "--reason", "I agree", "--yes", as_="carol")
    assert second.stdout == "Risk accepted. well is completed.\n"


# --- who speaks -------------------------------------------------------------------------------------------------------


def test_somebody_elses_key_is_refused_before_anything_is_kept(declared: Terminal) -> None:
    """A signature by another key: exit 1, one line, and the timeline is as before."""
    before = declared.lab.desk.find("INC-1").seq
    result = declared.type("note", "1", "hello", as_="bob", key="alice")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "The signature is by a key that the recovery plan does not list for this person.\n"
    assert declared.lab.desk.find("INC-1").seq == before


@pytest.mark.parametrize(
    "words",
    [
        ("declare", "sev1", "database", "down"),
        ("start", "1", "manual"),
        ("note", "1", "hello"),
        ("mitigate", "1"),
        ("update", "1"),
        ("stop", "1", "R1"),
    ],
)
def test_nothing_is_changed_without_a_signature(declared: Terminal, words: tuple[str, ...]) -> None:
    """A command that changes an incident needs to know who speaks: exit 2."""
    if words[0] == "stop":
        declared.type("start", "1", "manual", as_="alice")
    result = declared.type(*words)
    assert (result.exit_code, result.stderr) == (
        2,
        "Say who speaks: --as PERSON --key FILE, or set DR_AS and DR_KEY.\n",
    )


def test_unknown_person_is_told_who_is_meant(declared: Terminal) -> None:
    """A name that is nearly right is corrected."""
    result = declared.type("note", "1", "hello", as_="bobb", key="bob")
    assert (result.exit_code, result.stderr) == (1, "The recovery plan has no person bobb.\nDid you mean bob?\n")


def test_key_that_cannot_be_read_is_wrong_usage(declared: Terminal, tmp_path: Path) -> None:
    """A missing key file, and one that is no key, are named."""
    missing = declared.type("note", "1", "hello", as_="bob", key="nobody")
    assert (missing.exit_code, "can't be read" in missing.stderr) == (2, True)
    (tmp_path / "junk").write_text("junk")
    junk = declared.type("note", "1", "hello", as_="bob", key="junk")
    assert (junk.exit_code, "no private SSH key" in junk.stderr) == (1, True)


# --- what you approve is what you see ---------------------------------------------------------------------------------


def test_the_whole_plan_is_shown_before_it_is_asked(planned: Terminal) -> None:
    """The plan is written out; without a terminal and --yes nothing is recorded: exit 2."""
    result = planned.type("approve", "1", "flip", as_="bob")
    assert result.exit_code == 2
    assert result.stderr.startswith("There is no terminal to ask on.")
    for part in ("1  Flip it", "off  →  on", "touches", "toy/west", "needs 2 approvals of approvers", "plan "):
        assert part in result.stdout
    assert planned.lab.step(planned.lab.desk.find("INC-1"), "flip").approvals == ()


def test_digest_must_be_that_of_the_shown_plan(planned: Terminal) -> None:
    """A stale or too short digest is refused; the first eight letters are enough."""
    digest = planned.json("show", "1")["runs"][0]["steps"][0]["plan"]["digest"]
    stale = planned.type("approve", "1", "flip", "--yes", "--digest", "deadbeef", as_="bob")
    assert (stale.exit_code, stale.stderr.splitlines()[0]) == (
        1,
        "The plan has changed since you saw it. Your answer was not counted.",
    )
    assert planned.type("approve", "1", "flip", "--yes", "--digest", digest[:7], as_="bob").exit_code == 2
    spoken = f"{digest[:4]} {digest[4:8]}"
    assert planned.type("approve", "1", "flip", "--yes", "--digest", spoken, as_="bob").exit_code == 0


def test_who_may_not_approve_is_told_who_may(planned: Terminal) -> None:
    """The declarer's approval is refused with the names of those who may."""
    result = planned.type("approve", "1", "flip", *planned.read("flip"), as_="alice")
    assert result.exit_code == 1
    assert "You declared it." in result.stderr
    assert "Bob, Carol, Dave or Erin" in result.stderr


# --- repeating --------------------------------------------------------------------------------------------------------


def test_a_repeated_request_counts_once(declared: Terminal) -> None:
    """The same request id declares, notes and puts off once."""
    again = ("--request-id", "r1")
    for _ in range(2):
        assert declared.type("note", "1", "hello", *again, as_="bob").exit_code == 0
        assert declared.type("snooze", "1", "45m", "--reason", "busy", *again, as_="alice").exit_code == 0
        assert declared.json("declare", "sev1", "database", "two", "--yes", *again, as_="bob")["id"] == "INC-2"
    types = declared.lab.types(declared.lab.desk.find("INC-1"))
    assert (types.count("NoteAdded"), types.count("UpdateSnoozed")) == (1, 1)
    assert len(declared.lab.desk.incidents()) == 2


def test_other_words_under_the_same_request_id_are_another_request(declared: Terminal) -> None:
    """What is answered with "Noted" is in the timeline."""
    for text in ("first", "second", "second"):
        assert declared.type("note", "1", text, "--request-id", "r1", as_="bob").exit_code == 0
    assert declared.lab.types(declared.lab.desk.find("INC-1")).count("NoteAdded") == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("update", "1", "--draft", "nonsense=x"), "The message has no section 'nonsense'. Known are: challenges,"),
        (("update", "1", "--later", "--draft", "etta=x"), "The message has no section 'etta'. Did you mean eta?"),
        (("resolve", "1", "--draft", "lesons=x"), "The message has no section 'lesons'. Did you mean lessons?"),
    ],
)
def test_words_for_a_section_that_is_not_there_are_refused(
    declared: Terminal, words: tuple[str, ...], said: str
) -> None:
    """Nobody's words are lost in silence: nothing goes out, and nothing is kept."""
    before = declared.lab.desk.find("INC-1").seq
    result = declared.type(*words, as_="bob")
    assert (result.exit_code, result.stderr.startswith(said)) == (2, True)
    assert declared.lab.desk.find("INC-1").seq == before


def test_a_repeated_declare_does_not_trip_over_itself(dr: Terminal) -> None:
    """Repeated without --yes, the first one's own incident is no other open incident."""
    words = ("declare", "sev1", "database", "down", "--request-id", "r1")
    assert dr.json(*words, as_="alice") == dr.json(*words, as_="alice")


def test_second_incident_of_a_system_needs_yes(declared: Terminal) -> None:
    """A system with an open incident: exit 1, naming it."""
    result = declared.type("declare", "sev1", "database", "again", as_="bob")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0] == "database has an open incident already: INC-1, it is down."
    assert declared.type("declare", "sev1", "database", "again", "--yes", as_="bob").exit_code == 0


# --- names ------------------------------------------------------------------------------------------------------------


def test_a_step_in_two_runs_must_be_named_with_its_run(declared: Terminal) -> None:
    """STEP alone is enough while it is unambiguous; a stopped run does not count."""
    declared.type("start", "1", "manual", as_="alice")
    declared.type("start", "1", "inputs", "--input", "hold=1m", as_="alice")
    ambiguous = declared.type("done", "1", "look", as_="bob")
    assert (ambiguous.exit_code, "Say which: R1/look or R2/look." in ambiguous.stderr) == (1, True)
    declared.type("stop", "1", "R1", as_="alice")
    assert declared.json("done", "1", "look", as_="bob")["run"] == "R2"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("show", "9"), "There is no incident INC-9."),
        (("show", "seven"), "'seven' is no incident."),
        (("show", "1", "lok"), "INC-1 has no step lok."),
        (
            ("audit", "verify", "--witness", "junk"),
            "'junk' is no witness: write it like INC-7:41:HASH, with the whole hash.",
        ),
    ],
)
def test_wrong_names_are_refused_in_one_line(declared: Terminal, words: tuple[str, ...], line: str) -> None:
    """What is not there is named, and what comes near."""
    declared.type("start", "1", "manual", as_="alice")
    result = declared.type(*words)
    assert result.exit_code in (1, 2)
    assert result.stderr.splitlines()[0] == line


# --- updates ----------------------------------------------------------------------------------------------------------


def test_an_update_is_shown_dry_and_posted_once(declared: Terminal) -> None:
    """--dry-run posts nothing; without it the update is posted, and the next one moves."""
    assert declared.type("update", "1", "--dry-run").stdout == "update 1, missed 0\n"
    assert declared.lab.desk.find("INC-1").updates.number == 0
    answer = declared.json("update", "1", as_="bob")
    assert (answer["posted"], answer["text"]) == (1, "update 1, missed 0")
    assert answer["next_due"].endswith("Z")


def test_words_for_the_next_update_are_kept(declared: Terminal) -> None:
    """--later keeps a section for the next update."""
    declared.type("update", "1", "--draft", "eta=by 04:00", "--later", as_="bob")
    assert declared.lab.desk.find("INC-1").updates.draft == {"eta": "by 04:00"}


# --- what is written --------------------------------------------------------------------------------------------------


def test_show_as_json_has_the_fixed_shape(planned: Terminal) -> None:
    """Ids, clocks in seconds, moments in UTC, and the step's plan with its digest."""
    planned.type("approve", "1", "flip", *planned.read("flip"), as_="bob")
    shown = planned.json("show", "INC-1")
    assert shown["id"] == "INC-1"
    assert (shown["state"], shown["severity"], shown["drill"], shown["systems"]) == (
        "active",
        "sev1",
        False,
        ["database"],
    )
    assert (shown["objectives"]["rto"], shown["objectives"]["rpo"]) == (3600, 300)
    assert 0 <= shown["objectives"]["elapsed"] < 60
    assert shown["since"].endswith("Z")
    assert shown["updates"]["next_due"].endswith("Z")
    (run,) = shown["runs"]
    assert (run["id"], run["runbook"], run["system"], run["environment"]) == ("R1", "gated", "database", "production")
    (step,) = run["steps"]
    assert (step["id"], step["state"]) == ("flip", "pending_approval")
    assert step["plan"]["changes"] == [{"resource": "west", "what": "it", "before": "off", "after": "on"}]
    assert [(a["person"], a["counts"]) for a in step["approvals"]] == [("bob", True)]
    assert planned.json("show", "1", "flip") == step


def test_list_says_what_is_waited_for_and_that_nobody_executes(declared: Terminal) -> None:
    """One line an incident, and a warning while no executor lives."""
    declared.type("start", "1", "manual", as_="alice")
    lines = declared.type("list").stdout.splitlines()
    assert lines[0].split("  ")[:4] == ["INC-1", "SEV1", "Database", "active"]
    assert lines[0].rstrip().endswith("waiting for look: somebody to do it")
    assert lines[1].startswith("! Nobody executes")
    assert declared.json("list")[0]["waiting"] == "look: somebody to do it"


def test_foreign_text_cannot_steer_the_terminal(dr: Terminal) -> None:
    """Escape sequences and backward text in what people wrote are made visible, in every view."""
    dr.lab.desk.declare(
        c.Declare(number=0, title="a \u202e b", severity="sev1", systems=("database",), actor=dr.lab.actor("alice")),
        key="k",
    )
    dr.type("note", "1", "[bold red]not markup[/] \x1b[2J\u202e", as_="alice")
    for words in (("show", "1"), ("show", "1", "--timeline"), ("list",)):
        shown = dr.type(*words).stdout
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    assert "[bold red]not markup[/]" in dr.type("show", "1", "--timeline").stdout


def test_timeline_as_json_is_the_export(declared: Terminal) -> None:
    """`show --timeline --json` and `audit export` hold the same lines."""
    exported = [json.loads(line) for line in declared.type("audit", "export", "INC-1").stdout.splitlines()]
    assert declared.json("show", "1", "--timeline") == exported
    assert exported[0]["type"] == "IncidentDeclared"
    assert exported[0]["actor"] == {"person": "alice", "slack": None, "via": "cli"}


def test_audit_names_the_first_bad_row(declared: Terminal) -> None:
    """A whole timeline is said to be whole; an edited row is named, with exit 1."""
    declared.type("note", "1", "hello", as_="alice")
    assert declared.type("audit", "verify").stdout == "Whole: 2 rows in 1 streams, each hash as it was written.\n"
    with declared.lab.desk.database.engine.begin() as connection:
        for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql("UPDATE events SET data = replace(data, 'hello', 'hullo')")
    result = declared.type("audit", "verify", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["findings"][0]["seq"] == 2
    assert result.stderr.startswith("INC-1, row 2: its content is not what its hash was made from")


def test_audit_knows_a_lost_end_by_its_witness(declared: Terminal) -> None:
    """A head that was seen outside proves that rows are gone."""
    witness = f"INC-1:5:{'a' * 64}"
    result = declared.type("audit", "verify", "--witness", witness)
    assert (result.exit_code, "it once had 5" in result.stderr) == (1, True)


def test_serve_until_idle_does_what_is_due(declared: Terminal) -> None:
    """What was asked for while nobody executed is done, and the command ends."""
    declared.type("start", "1", "check", as_="alice")
    assert declared.type("serve", "--until-idle").exit_code == 0
    assert declared.lab.step(declared.lab.desk.find("INC-1"), "well").state == "completed"


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("dr show IN", "INC-1"),
        ("dr show 9", ""),
        ("dr done INC-1 ", "look tell"),
        ("dr stop 1 ", "R1"),
        ("dr note 1 --as b", "bob"),
        ("dr declare s", "sev1"),
        ("dr declare sev1 other,d", "other,database"),
        ("dr start 1 m", "manual"),
    ],
)
def test_the_shell_completes_what_there_is(declared: Terminal, words: str, offered: str) -> None:
    """At TAB the shell is offered incidents, steps, runs, people, severities, systems and runbooks."""
    declared.type("start", "1", "manual", as_="alice")
    assert declared.complete(words).split() == offered.split()


def test_list_says_that_slack_is_away(declared: Terminal) -> None:
    """Since when, why, and that it will catch up; nothing once it is back."""
    desk = declared.lab.desk

    def note(event: Event) -> None:
        with desk.database.begin() as connection:
            head = streams.head(connection, STREAM)
            now = desk.clock.now(connection)
            streams.append(
                connection, record([event], stream=STREAM, after=head.seq, prev=head.hash, at=now, actor=BOT)
            )

    note(ChatLost(replica="one", reason="Slack's Web API has not answered.", since=desk.now()))
    said = " ".join(declared.type("list").stdout.split())
    assert "! Slack has been away since " in said
    assert said.endswith(
        "Slack's Web API has not answered. 1 incident waits to be shown there, and will be when it is back."
    )
    note(ChatBack(replica="one"))
    assert "Slack" not in declared.type("list").stdout
