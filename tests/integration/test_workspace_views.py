"""Modals, the Home, and what an app answers to a form."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from slack_bolt import Ack, App
from slack_sdk.errors import SlackApiError

from bot.playground.workspace.workspace import Workspace
from tests.workspace.apps import client, connected, new_app
from tests.workspace.forms import Json, actions, button, field, home, modal, option, plain, section

OPTIONS = [option("sev1", "SEV1"), option("sev2", "SEV2")]


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace.running(limits=False, patience=30) as running:
        yield running


def opening(app: App, view: Json) -> None:
    """/dr opens the view."""

    @app.command("/dr")
    def open_it(ack: Ack, body: Json) -> None:
        ack()
        app.client.views_open(trigger_id=body["trigger_id"], view=view)


def opened(workspace: Workspace, user: str = "U0ALICE") -> Json:
    assert workspace.command(user, "#ops", "/dr declare").ok
    return dict(workspace.until(lambda: workspace.views(user))[-1])


def answering(app: App, **answer: Any) -> None:
    """A submission is answered with this response_action."""

    @app.view("declare")
    def submitted(ack: Ack) -> None:
        ack(**answer)


def refusal(call: Callable[..., Any], **given: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        call(**given)
    return str(refused.value.response["error"])


def test_a_trigger_opens_one_view_within_three_seconds() -> None:
    """Used twice it is exchanged, used late expired, and an invented one is an invalid argument."""
    with Workspace.running(limits=False) as workspace:
        slack, triggers = client(workspace), workspace.core.triggers
        used, late = triggers.issue("U0BOB"), triggers.issue("U0BOB")
        slack.views_open(trigger_id=used, view=modal(section()))
        assert refusal(slack.views_open, trigger_id=used, view=modal(section())) == "exchanged_trigger_id"
        workspace.clock.advance(3.1)
        assert refusal(slack.views_open, trigger_id=late, view=modal(section())) == "expired_trigger_id"
        assert refusal(slack.views_open, trigger_id="1.2.3", view=modal(section())) == "invalid_arguments"


def test_a_form_arrives_as_slack_sends_it(workspace: Workspace) -> None:
    """Every input under its block_id and action_id, in the field of its kind; what nobody touched at its initial value."""
    app, states = new_app(workspace), []
    form = modal(
        field("title"),
        field("severity", "static_select", options=OPTIONS, initial_option=OPTIONS[1]),
        field("since", "datetimepicker"),
        field("who", "multi_users_select", optional=True),
        field("flags", "checkboxes", options=OPTIONS, optional=True),
        field("day", "datepicker", initial_date="2026-11-22"),
        field("count", "number_input", is_decimal_allowed=False),
        field("detail", optional=True),
        private_metadata="x",
    )
    opening(app, form)

    @app.view("declare")
    def submitted(ack: Ack, view: Json) -> None:
        states.append(view)
        ack()

    with connected(workspace, app):
        view = opened(workspace)
        given = {"title": "Down & out", "since": 1763820000, "who": ["U0BOB"], "flags": ["SEV1"], "count": "3"}
        assert workspace.submit("U0ALICE", view, given).ok
    values = states[0]["state"]["values"]
    assert states[0]["private_metadata"] == "x"
    assert values["title_block"]["title"] == {"type": "plain_text_input", "value": "Down & out"}
    assert values["severity_block"]["severity"]["selected_option"]["value"] == "sev2"
    assert values["since_block"]["since"]["selected_date_time"] == 1763820000
    assert values["who_block"]["who"]["selected_users"] == ["U0BOB"]
    assert [it["value"] for it in values["flags_block"]["flags"]["selected_options"]] == ["sev1"]
    assert values["day_block"]["day"]["selected_date"] == "2026-11-22"
    assert values["count_block"]["count"]["value"] == "3"
    assert values["detail_block"]["detail"]["value"] is None
    assert workspace.views("U0ALICE") == []


@pytest.mark.parametrize(
    ("element", "more", "value"),
    [
        ("plain_text_input", {}, ""),
        ("plain_text_input", {"min_length": 3}, "ab"),
        ("plain_text_input", {"max_length": 3}, "abcd"),
        ("number_input", {"is_decimal_allowed": False}, "1.5"),
        ("number_input", {"is_decimal_allowed": True, "max_value": "2"}, "2.5"),
        ("email_text_input", {}, "nobody"),
        ("url_text_input", {}, "example"),
        ("multi_users_select", {}, []),
    ],
)
def test_what_slacks_client_refuses_never_reaches_the_app(
    workspace: Workspace, element: str, more: Json, value: Any
) -> None:
    """The error stands at the field; there isn't even an app here."""
    trigger = workspace.core.triggers.issue("U0BOB")
    view = client(workspace).views_open(trigger_id=trigger, view=modal(field("it", element, **more)))["view"]
    assert set(workspace.submit("U0BOB", view, {"it": value}).errors) == {"it_block"}
    assert workspace.views("U0BOB")


def test_errors_stand_at_their_fields(workspace: Workspace) -> None:
    """response_action errors keeps the form open."""
    app = new_app(workspace)
    opening(app, modal(field("title")))
    answering(app, response_action="errors", errors={"title_block": "Say more."})
    with connected(workspace, app):
        view = opened(workspace)
        assert workspace.submit("U0ALICE", view, {"title": "x"}).errors == {"title_block": "Say more."}
        assert [it["id"] for it in workspace.views("U0ALICE")] == [view["id"]]


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "update", "view": modal(section("x" * 3001))},
        {"response_action": "dance"},
    ],
    ids=["errors", "update", "unknown"],
)
def test_a_wrong_answer_to_a_form_is_trouble(workspace: Workspace, answer: Json) -> None:
    """The person is told to try again, and the form stays."""
    app = new_app(workspace)
    opening(app, modal(field("title")))
    answering(app, **answer)
    with connected(workspace, app):
        view = opened(workspace)
        assert workspace.submit("U0ALICE", view, {"title": "x"}).text.startswith("We had some trouble")
        assert len(workspace.views("U0ALICE")) == 1


def test_an_answer_may_push_update_and_clear(workspace: Workspace) -> None:
    """push puts a view on top, update changes it in place with a new hash, clear closes all."""
    app = new_app(workspace)
    opening(app, modal(field("title")))
    answering(app, response_action="push", view=modal(section("second"), callback_id="second"))

    @app.view("second")
    def second(ack: Ack, view: Json) -> None:
        if view["title"]["text"] == "Third":
            ack(response_action="clear")
        else:
            ack(response_action="update", view=modal(section("third"), callback_id="second", title=plain("Third")))

    with connected(workspace, app):
        root = opened(workspace)
        workspace.submit("U0ALICE", root, {"title": "x"})
        below, above = workspace.views("U0ALICE")
        assert (above["root_view_id"], above["previous_view_id"]) == (below["id"], below["id"])
        workspace.submit("U0ALICE", above)
        changed = workspace.views("U0ALICE")[-1]
        assert (changed["id"], changed["title"]["text"]) == (above["id"], "Third")
        assert changed["hash"] != above["hash"]
        workspace.submit("U0ALICE", changed)
        assert workspace.views("U0ALICE") == []


def test_a_stack_is_three_deep_and_each_persons_own(workspace: Workspace) -> None:
    """A fourth view is refused; another person's stack is untouched; pushing needs a trigger from a modal."""
    slack, triggers = client(workspace), workspace.core.triggers
    for user in ("U0ALICE", "U0BOB"):
        slack.views_open(trigger_id=triggers.issue(user), view=modal(section()))
    outside = triggers.issue("U0ALICE")
    assert refusal(slack.views_push, trigger_id=outside, view=modal(section())) == "invalid_arguments"
    for _ in range(2):
        slack.views_push(trigger_id=triggers.issue("U0ALICE", in_modal=True), view=modal(section()))
    inside = triggers.issue("U0ALICE", in_modal=True)
    assert refusal(slack.views_push, trigger_id=inside, view=modal(section())) == "push_limit_reached"
    assert (len(workspace.views("U0ALICE")), len(workspace.views("U0BOB"))) == (3, 1)


def test_an_update_with_an_old_hash_is_refused(workspace: Workspace) -> None:
    """hash_conflict; a closed view is not found; an external id names a view once."""
    slack = client(workspace)
    trigger = workspace.core.triggers.issue("U0BOB")
    view = slack.views_open(trigger_id=trigger, view=modal(section(), external_id="mine"))["view"]
    slack.views_update(external_id="mine", view=modal(section("new"), external_id="mine"))
    stale = {"view_id": view["id"], "hash": view["hash"], "view": modal(section())}
    assert refusal(slack.views_update, **stale) == "hash_conflict"
    other = {"trigger_id": workspace.core.triggers.issue("U0ERIN"), "view": modal(section(), external_id="mine")}
    assert refusal(slack.views_open, **other) == "duplicate_external_id"
    workspace.close_view("U0BOB", view)
    assert refusal(slack.views_update, view_id=view["id"], view=modal(section())) == "not_found"


def test_closing_is_told_where_it_is_asked_for(workspace: Workspace) -> None:
    """view_closed says whether the whole stack went."""
    app, closed = new_app(workspace), []
    opening(app, modal(section(), notify_on_close=True))

    @app.view_closed("declare")
    def was_closed(ack: Ack, body: Json) -> None:
        closed.append(body["is_cleared"])
        ack()

    with connected(workspace, app):
        assert workspace.close_view("U0ALICE", opened(workspace)).ok
        assert workspace.close_view("U0ALICE", opened(workspace), whole=True).ok
    assert closed == [False, True]


def test_buttons_in_a_form_send_what_the_form_holds(workspace: Workspace) -> None:
    """block_actions from a modal carries the view, its state and a trigger that may push."""
    app, bodies = new_app(workspace), []
    opening(app, modal(field("title"), actions(button("more"))))

    @app.action("more")
    def more(ack: Ack, body: Json) -> None:
        ack()
        app.client.views_push(trigger_id=body["trigger_id"], view=modal(section("more")))
        bodies.append(body)

    with connected(workspace, app):
        view = opened(workspace)
        assert workspace.click_view("U0ALICE", view, "more", values={"title": "half"}).ok
        workspace.until(lambda: len(workspace.views("U0ALICE")) == 2)
        workspace.until(lambda: bodies)
    assert bodies[0]["view"]["state"]["values"]["title_block"]["title"]["value"] == "half"
    assert bodies[0]["container"] == {"type": "view", "view_id": view["id"]}


def test_the_home_is_published_for_one_person(workspace: Workspace) -> None:
    """Opening it tells the app; its buttons work; an old hash is refused."""
    app, clicks = new_app(workspace), []

    @app.event("app_home_opened")
    def was_opened(event: Json) -> None:
        app.client.views_publish(user_id=event["user"], view=home(actions(button("mine"))))

    @app.action("mine")
    def mine(ack: Ack, body: Json) -> None:
        ack()
        clicks.append(body["view"]["type"])

    with connected(workspace, app):
        workspace.open_home("U0BOB")
        shown = workspace.until(lambda: workspace.home("U0BOB"))
        assert workspace.click_view("U0BOB", shown, "mine").ok
        workspace.until(lambda: clicks)
    assert clicks == ["home"]
    assert workspace.home("U0ALICE") is None
    slack = client(workspace)
    slack.views_publish(user_id="U0BOB", view=home(section("new")))
    stale = {"user_id": "U0BOB", "view": home(), "hash": shown["hash"]}
    assert refusal(slack.views_publish, **stale) == "hash_conflict"
