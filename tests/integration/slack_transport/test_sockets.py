"""Socket Mode over real sockets, against a workspace that lets go wrong what goes wrong with Slack's."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from bot.engine.parts import OK
from bot.playground.workspace.workspace import Workspace
from bot.slack.chat import Chat
from bot.slack.pace import Pace
from bot.slack.sockets import SWITCHED_OFF, TOO_MANY, Sockets
from tests.integration.slack_transport.world import Heard, bolt, listening

Eventually = Callable[..., bool]


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace.running(limits=False, patience=30) as running:
        yield running


@pytest.fixture
def heard() -> Heard:
    return Heard()


def spread(workspace: Workspace, heard: Heard, number: int) -> None:
    """Commands that go to one connection after the other."""
    for index in range(number):
        assert workspace.command("U0ALICE", "#oncall", f"/dr {index}").ok
    assert heard.commands[-number:] == [str(index) for index in range(number)]


def test_three_connections_take_turns(workspace: Workspace, heard: Heard, eventually: Eventually) -> None:
    """Whatever connection an envelope takes, its answer comes back by it, a long one too."""
    with listening(workspace, heard) as sockets:
        assert eventually(lambda: sockets.part() == OK and workspace.connections == 3)
        spread(workspace, heard, 6)
        assert workspace.ephemeral("#oncall", "U0ALICE")[-1]["text"].startswith("You said 5.")
        assert workspace.command("U0ALICE", "#oncall", "/dr much").ok
        assert len(workspace.ephemeral("#oncall", "U0ALICE")[-1]["text"]) > 3000


def test_nothing_stays_behind(workspace: Workspace, heard: Heard, eventually: Eventually) -> None:
    """After a stop Slack counts no connection, so a restart leaves no ghosts; what was being answered is answered."""
    with listening(workspace, heard) as sockets:
        assert eventually(lambda: workspace.connections == 3)
        heard.hold.clear()
        pending = workspace.server.start(workspace._web.acts.command("U0ALICE", "C0OPS", "/dr last"))
        assert eventually(lambda: sockets.unanswered == 1)
        time.sleep(0.1)
        heard.hold.set()
    assert pending.result(30).ok
    assert eventually(lambda: workspace.connections == 0)


def test_it_starts_while_slack_is_away(workspace: Workspace, heard: Heard, eventually: Eventually) -> None:
    """It says so, asks again and again but never often, and connects when Slack is there."""
    workspace.go_away()
    with listening(workspace, heard) as sockets:
        assert eventually(lambda: "can't be reached" in sockets.part().reason)
        assert sockets.part().state == "failed"
        time.sleep(2)
        workspace.come_back()
        assert eventually(lambda: sockets.part() == OK)
        assert len(workspace.ledger.of("apps.connections.open")) <= 3
        spread(workspace, heard, 3)


def test_a_refresh_brings_the_new_connection_before_the_old_one_goes(
    workspace: Workspace, heard: Heard, eventually: Eventually
) -> None:
    """Slack warns and then closes; commands come through all the time."""
    with listening(workspace, heard, wanted=2, pace=Pace(20)) as sockets:
        assert eventually(lambda: sockets.part() == OK and workspace.connections == 2)
        workspace.end_sockets("warning")
        least, begun = workspace.connections, time.monotonic()
        opened = partial(workspace.ledger.applied, "apps.connections.open")
        while time.monotonic() < begun + 3 or (len(opened()) < 4 and time.monotonic() < begun + 30):
            least = min(least, workspace.connections)
            assert workspace.command("U0ALICE", "#oncall", "/dr through").ok
        assert least >= 2
        assert len(opened()) == 4
        workspace.end_sockets("refresh_requested")
        assert eventually(lambda: workspace.connections == 2)
        spread(workspace, heard, 4)


def test_broken_connections_are_made_anew(workspace: Workspace, heard: Heard, eventually: Eventually) -> None:
    """All at once, as a network breaks them."""
    with listening(workspace, heard) as sockets:
        assert eventually(lambda: workspace.connections == 3)
        workspace.drop_sockets()
        assert eventually(lambda: sockets.part() == OK and workspace.connections == 3)
        spread(workspace, heard, 3)


@pytest.mark.parametrize(("reason", "said"), [("link_disabled", SWITCHED_OFF), ("too_many_websockets", TOO_MANY)])
def test_what_a_person_must_mend_is_said(
    workspace: Workspace, heard: Heard, eventually: Eventually, reason: str, said: str
) -> None:
    """Slack's reason becomes words with a mend, and Slack is not stormed meanwhile."""
    with listening(workspace, heard, pace=Pace(3)) as sockets:
        assert eventually(lambda: workspace.connections == 3)
        workspace.faults.add("error", "apps.connections.open", error="not_allowed_token_type")
        workspace.end_sockets(reason)
        assert eventually(lambda: workspace.connections == 0)
        assert eventually(lambda: said in sockets.part().reason and sockets.part().state == "failed")
        time.sleep(1)
        assert len(workspace.ledger.of("apps.connections.open")) <= 4


def test_the_eleventh_connection_is_told_as_too_many(
    workspace: Workspace, heard: Heard, eventually: Eventually
) -> None:
    """Ten are Slack's limit, whoever holds them."""
    workspace.faults.phantoms = 10
    with listening(workspace, heard) as sockets:
        assert eventually(lambda: TOO_MANY in sockets.part().reason)


def test_a_refused_token_is_told_and_recovers(workspace: Workspace, heard: Heard, eventually: Eventually) -> None:
    """The reason names what to set; once Slack takes it again, all is well."""
    workspace.revoke("account_inactive")
    with listening(workspace, heard) as sockets:
        assert eventually(lambda: "account_inactive" in sockets.part().reason)
        assert "SLACK_APP_TOKEN" in sockets.part().reason
        workspace.revoke("")
        assert eventually(lambda: sockets.part() == OK)


def test_slacks_limit_for_opening_connections_is_kept(heard: Heard, eventually: Eventually) -> None:
    """With one a minute the first is there at once, and nobody asks again before Slack said."""
    with Workspace.running(limits=True) as workspace, listening(workspace, heard) as sockets:
        assert eventually(lambda: workspace.connections == 1)
        opens = partial(workspace.ledger.of, "apps.connections.open")
        assert eventually(lambda: len(opens()) == 2)
        time.sleep(2.5)
        assert len(opens()) == 2
        assert sockets.part() == OK  # one is enough to work, for a while


def test_connections_that_nobody_holds_are_noticed(workspace: Workspace, heard: Heard, eventually: Eventually) -> None:
    """Slack counts more than there are, twice in a row: clicks may get lost, and the operator should know."""
    with listening(workspace, heard, pace=Pace(20), recount=0.3) as sockets:
        assert eventually(lambda: sockets.part() == OK and workspace.connections == 3)
        workspace.faults.phantoms = 2
        workspace.end_sockets("warning")
        assert eventually(lambda: "clicks may go where nobody listens" in sockets.part().reason)
        assert sockets.part().state == "degraded"


def test_a_deaf_connection_is_replaced_by_what_the_others_hear(
    workspace: Workspace, heard: Heard, eventually: Eventually
) -> None:
    """One of two hears nothing while the other hears twelve envelopes: it is exchanged, and all is heard again."""
    workspace.retry_waits = ()
    with listening(workspace, heard, wanted=2) as sockets:
        assert eventually(lambda: sockets.part() == OK and workspace.connections == 2)
        workspace.haunt_sockets(1)
        ts = workspace.say("U0ALICE", "#ops", "Look.")
        for index in range(26):
            workspace.react("U0BOB", ts, f"r{index}")
        assert eventually(lambda: len(heard.events) >= 12)
        connections = workspace._web.sockets.connections
        assert eventually(lambda: [one.ghost for one in connections] == [False, False])
        spread(workspace, heard, 4)


def test_an_event_that_nobody_listens_to_is_not_repeated(
    workspace: Workspace, heard: Heard, eventually: Eventually
) -> None:
    """It is acknowledged all the same: a repetition would change nothing."""
    workspace.retry_waits = (0.1,)
    seen: list[bool] = []
    app = bolt(workspace, heard)

    def hears(payload: object, retried: bool) -> bool:
        seen.append(retried)
        return False

    sockets = Sockets(app, Chat(workspace.app_token, workspace.api_url), hears=hears)
    sockets.start()
    try:
        assert eventually(lambda: workspace.connections == 3)
        workspace.open_home("U0ALICE")
        assert eventually(lambda: len(seen) == 1)
        time.sleep(0.5)
        assert seen == [False]
    finally:
        sockets.stop()
