"""The workspace's Web API as Slack's own client sees it."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground.workspace.installed import InstalledApp, from_manifest
from bot.playground.workspace.workspace import Workspace
from tests.workspace.apps import client
from tests.workspace.forms import section

Refused = Callable[..., Any]


@pytest.fixture(scope="module")
def workspace() -> Iterator[Workspace]:
    """One for all tests here; each makes its own channels."""
    with Workspace.running(limits=False) as running:
        yield running


@pytest.fixture
def slack(workspace: Workspace) -> WebClient:
    return client(workspace)


def error_of(call: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """The code with which Slack refuses."""
    with pytest.raises(SlackApiError) as refused:
        call(*args, **kwargs)
    return str(refused.value.response["error"])


def new_channel(slack: WebClient, name: str, **more: Any) -> str:
    return str(slack.conversations_create(name=name, **more)["channel"]["id"])


def test_auth_test_says_who_the_bot_is_and_what_it_may(slack: WebClient) -> None:
    """auth.test names team, account and bot; the granted scopes are in a header."""
    answer = slack.auth_test()
    assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == ("T0DR", "U0DRBOT", "B0DRBOT")
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("", "not_authed"),
        ("xoxb-other", "invalid_auth"),
        ("the app's", "not_allowed_token_type"),
    ],
)
def test_another_token_is_refused(workspace: Workspace, token: str, code: str) -> None:
    """No token, a foreign one, and the app's token where the bot's is needed."""
    given = workspace.app_token if token == "the app's" else token
    headers = {"Authorization": f"Bearer {given}"} if given else {}
    answer = httpx.post(f"{workspace.api_url}users.list", headers=headers)
    assert answer.json() == {"ok": False, "error": code}


def test_only_the_app_token_opens_connections(workspace: Workspace, slack: WebClient) -> None:
    """apps.connections.open refuses the bot's token."""
    assert error_of(slack.api_call, "apps.connections.open") == "not_allowed_token_type"
    opened = client(workspace, workspace.app_token).apps_connections_open(app_token=workspace.app_token)
    assert str(opened["url"]).startswith("ws://127.0.0.1:")


def test_a_method_that_is_not_there(slack: WebClient) -> None:
    """An unknown method is an error of Slack, not a missing page."""
    assert error_of(slack.api_call, "no.such") == "unknown_method"


@pytest.mark.parametrize("way", ["form", "json", "query", "multipart", "empty"])
def test_every_way_of_sending_arguments(workspace: Workspace, way: str) -> None:
    """Forms, JSON, a GET's query, parts, and a JSON content type with an empty body."""
    url, headers = f"{workspace.api_url}conversations.info", {"Authorization": f"Bearer {workspace.bot_token}"}
    given = {"channel": "C0OPS"}
    sent = {
        "form": lambda: httpx.post(url, headers=headers, data=given),
        "json": lambda: httpx.post(url, headers=headers, json=given),
        "query": lambda: httpx.get(url, headers=headers, params=given),
        "multipart": lambda: httpx.post(url, headers=headers, files={"channel": (None, "C0OPS")}),
        "empty": lambda: httpx.post(
            f"{workspace.api_url}auth.test", headers=headers | {"Content-Type": "application/json"}
        ),
    }[way]()
    assert sent.json()["ok"] is True


def test_a_token_may_stand_among_the_arguments_and_never_in_the_ledger(workspace: Workspace) -> None:
    """A form's token field counts; the ledger has neither it nor the token elsewhere."""
    given = {"token": workspace.bot_token, "foo": f"x {workspace.bot_token} y"}
    assert httpx.post(f"{workspace.api_url}api.test", data=given).json()["args"]["foo"]
    assert workspace.ledger.of("api.test")[-1].args == {"foo": "x [token] y"}


def test_a_missing_scope_is_named() -> None:
    """missing_scope says which is needed and what was granted."""
    app = InstalledApp(scopes=frozenset({"chat:write", "channels:read"}))
    with Workspace.running(app=app) as workspace:
        with pytest.raises(SlackApiError) as refused:
            client(workspace).users_info(user="U0BOB")
        assert refused.value.response["error"] == "missing_scope"
        assert refused.value.response["needed"] == "users:read"
        assert refused.value.response["provided"] == "channels:read,chat:write"
        assert error_of(client(workspace).conversations_list, types="private_channel") == "missing_scope"
        assert error_of(client(workspace).conversations_create, name="a") == "missing_scope"


def test_a_revoked_token_and_a_removed_scope(workspace: Workspace, slack: WebClient) -> None:
    """Both take effect at once, and can be taken back."""
    workspace.revoke("token_revoked")
    assert error_of(slack.auth_test) == "token_revoked"
    workspace.revoke("")
    workspace.remove_scope("pins:write")
    assert error_of(slack.pins_add, channel="C0OPS", timestamp="1.0") == "missing_scope"
    workspace.add_scope("pins:write")
    assert error_of(slack.pins_add, channel="C0OPS", timestamp="1.0") == "message_not_found"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "invalid_name_required"),
        ("a" * 81, "invalid_name_maxlength"),
        ("Upper", "invalid_name_specials"),
        ("with space", "invalid_name_specials"),
        ("a.b", "invalid_name_specials"),
        ("--", "invalid_name_punctuation"),
        ("ops", "name_taken"),
    ],
)
def test_a_wrong_channel_name(slack: WebClient, name: str, code: str) -> None:
    """Each rule has its own code."""
    assert error_of(slack.conversations_create, name=name) == code


def test_a_channels_life(workspace: Workspace, slack: WebClient) -> None:
    """Create, topic, purpose, rename, archive; then nothing can be posted."""
    channel = new_channel(slack, "life")
    slack.conversations_setTopic(channel=channel, topic="sev1")
    slack.conversations_setPurpose(channel=channel, purpose="why")
    slack.conversations_rename(channel=channel, name="life-2")
    shape = slack.conversations_info(channel=channel, include_num_members=True)["channel"]
    assert (shape["name"], shape["topic"]["value"], shape["purpose"]["value"]) == ("life-2", "sev1", "why")
    assert (shape["is_member"], shape["num_members"], shape["creator"]) == (True, 1, "U0DRBOT")
    slack.conversations_archive(channel=channel)
    assert error_of(slack.chat_postMessage, channel=channel, text="x") == "is_archived"
    assert error_of(slack.conversations_archive, channel=channel) == "already_archived"
    assert channel not in [it["id"] for it in slack.conversations_list(exclude_archived=True)["channels"]]


def test_invitations_say_who_could_not_come(workspace: Workspace, slack: WebClient) -> None:
    """One bad account refuses all; with force the others come, and each bad one is named."""
    channel = new_channel(slack, "invited")
    slack.conversations_invite(channel=channel, users="U0ALICE")
    for user, code in [
        ("U0ALICE", "already_in_channel"),
        ("U0NOBODY", "user_not_found"),
        ("U0GONE", "cant_invite"),
        ("U0STRANGER", "cant_invite"),
        ("U0SINGLE", "ura_max_channels"),
        ("U0DRBOT", "cant_invite_self"),
    ]:
        assert error_of(slack.conversations_invite, channel=channel, users=f"U0BOB,{user}") == code
    answer = slack.conversations_invite(channel=channel, users="U0BOB,U0GONE", force=True)
    assert answer["errors"] == [{"user": "U0GONE", "ok": False, "error": "cant_invite"}]
    assert slack.conversations_members(channel=channel)["members"] == ["U0DRBOT", "U0ALICE", "U0BOB"]


def test_the_bot_sees_only_its_own_private_channels(workspace: Workspace, slack: WebClient) -> None:
    """A foreign private channel is not found; its own one is listed as private."""
    secret = workspace.new_channel("secret", kind="private")
    assert error_of(slack.chat_postMessage, channel=secret.id, text="x") == "channel_not_found"
    own = new_channel(slack, "own-secret", is_private=True)
    listed = [it["id"] for it in slack.conversations_list(types="private_channel")["channels"]]
    assert listed == [own]


def test_posting_needs_membership_and_something_to_say(slack: WebClient) -> None:
    """not_in_channel, channel_not_found and no_text."""
    assert error_of(slack.chat_postMessage, channel="C0ONCALL", text="x") == "not_in_channel"
    assert error_of(slack.chat_postMessage, channel="C0NONE", text="x") == "channel_not_found"
    assert error_of(slack.api_call, "chat.postMessage", json={"channel": "#ops", "text": " "}) == "no_text"
    assert slack.chat_postMessage(channel="#ops", text="x")["channel"] == "C0OPS"


def test_the_history_gives_metadata_back(slack: WebClient) -> None:
    """Newest first, page by page, with metadata where it is asked for, and nothing ephemeral."""
    channel = new_channel(slack, "history")
    slack.conversations_invite(channel=channel, users="U0BOB")
    metadata = {"event_type": "surface", "event_payload": {"key": "card"}}
    first = slack.chat_postMessage(channel=channel, text="one", metadata=metadata)["ts"]
    slack.chat_postEphemeral(channel=channel, user="U0BOB", text="only you")
    slack.chat_postMessage(channel=channel, text="two")
    page = slack.conversations_history(channel=channel, limit=1, include_all_metadata=True)
    assert [it["text"] for it in page["messages"]] == ["two"]
    cursor = page["response_metadata"]["next_cursor"]
    older = slack.conversations_history(channel=channel, limit=1, cursor=cursor, include_all_metadata=True)
    assert older["messages"][0]["metadata"] == metadata
    assert "metadata" not in slack.conversations_history(channel=channel, latest=first, inclusive=True)["messages"][0]
    since = slack.conversations_history(channel=channel, oldest=first)["messages"]
    assert [it["text"] for it in since] == ["two"]


def test_an_edit_keeps_what_it_does_not_name(slack: WebClient) -> None:
    """Blocks and metadata stay unless given; an empty array takes blocks away; others' messages can't be edited."""
    metadata = {"event_type": "surface", "event_payload": {}}
    posted = slack.chat_postMessage(channel="C0OPS", text="old", blocks=[section("b")], metadata=metadata)
    edited = slack.chat_update(channel="C0OPS", ts=posted["ts"], text="new")["message"]
    assert (edited["text"], edited["blocks"][0]["text"]["text"], edited["metadata"]) == ("new", "b", metadata)
    assert edited["edited"]["user"] == "U0DRBOT"
    assert "blocks" not in slack.chat_update(channel="C0OPS", ts=posted["ts"], text="new", blocks=[])["message"]
    assert error_of(slack.chat_update, channel="C0OPS", ts=posted["ts"], text="x" * 4001) == "msg_too_long"
    assert error_of(slack.chat_update, channel="C0OPS", ts="1.0", text="x") == "message_not_found"


def test_the_bot_edits_and_deletes_only_its_own(workspace: Workspace, slack: WebClient) -> None:
    """A person's message is refused for both; a deleted one is gone."""
    said = workspace.say("U0BOB", "#ops", "hello")
    assert error_of(slack.chat_update, channel="C0OPS", ts=said, text="x") == "cant_update_message"
    assert error_of(slack.chat_delete, channel="C0OPS", ts=said) == "cant_delete_message"
    own = slack.chat_postMessage(channel="C0OPS", text="x")["ts"]
    slack.chat_delete(channel="C0OPS", ts=own)
    assert error_of(slack.chat_delete, channel="C0OPS", ts=own) == "message_not_found"


def test_replies_stand_under_their_message(slack: WebClient) -> None:
    """conversations.replies has the thread, the history only its root."""
    channel = new_channel(slack, "threads")
    root = slack.chat_postMessage(channel=channel, text="root")["ts"]
    slack.chat_postMessage(channel=channel, text="reply", thread_ts=root)
    replies = slack.conversations_replies(channel=channel, ts=root)["messages"]
    assert [it["text"] for it in replies] == ["root", "reply"]
    history = slack.conversations_history(channel=channel)["messages"]
    assert [(it["text"], it.get("reply_count")) for it in history] == [("root", 1)]


def test_a_message_to_a_person_opens_their_direct_messages(workspace: Workspace, slack: WebClient) -> None:
    """A user id as channel; the same as conversations.open gives."""
    opened = slack.conversations_open(users="U0CAROL")["channel"]["id"]
    assert slack.chat_postMessage(channel="U0CAROL", text="hi")["channel"] == opened
    assert [it["text"] for it in workspace.messages("U0CAROL")] == ["hi"]
    assert error_of(slack.chat_postMessage, channel="U0GONE", text="hi") == "user_disabled"


def test_an_ephemeral_message_is_for_one_member(workspace: Workspace, slack: WebClient) -> None:
    """Only that person sees it; who isn't in the channel can't be told."""
    slack.chat_postEphemeral(channel="C0OPS", user="U0ERIN", text="psst")
    assert [it["text"] for it in workspace.ephemeral("#ops", "U0ERIN")] == ["psst"]
    assert workspace.ephemeral("#ops", "U0BOB") == []
    channel = new_channel(slack, "alone")
    assert error_of(slack.chat_postEphemeral, channel=channel, user="U0ERIN", text="x") == "user_not_in_channel"


@pytest.mark.parametrize(
    ("user", "flags"),
    [
        ("U0ALICE", {"deleted": False, "is_bot": False, "is_restricted": False, "is_ultra_restricted": False}),
        ("U0GUEST", {"is_restricted": True, "is_ultra_restricted": False}),
        ("U0SINGLE", {"is_restricted": True, "is_ultra_restricted": True}),
        ("U0STRANGER", {"is_stranger": True, "team_id": "T0PARTNER"}),
        ("U0GONE", {"deleted": True}),
        ("U0OTHERBOT", {"is_bot": True}),
    ],
)
def test_every_kind_of_account(slack: WebClient, user: str, flags: dict[str, object]) -> None:
    """users.info has the flags by which a bot tells people apart."""
    shape = slack.users_info(user=user)["user"]
    assert {name: shape[name] for name in flags} == flags


def test_people_are_found_by_email_and_page_by_page(slack: WebClient) -> None:
    """A deactivated account's email finds nobody; a list goes on at its cursor."""
    assert slack.users_lookupByEmail(email="BOB@example.com")["user"]["id"] == "U0BOB"
    assert error_of(slack.users_lookupByEmail, email="gus@example.com") == "users_not_found"
    assert error_of(slack.users_info, user="U0NOBODY") == "user_not_found"
    seen = [it["id"] for page in slack.users_list(limit=4) for it in page["members"]]
    assert len(seen) == len(set(seen)) == 11


def test_user_groups(slack: WebClient) -> None:
    """A group's people; an empty one; a disabled one only where it is asked for."""
    assert slack.usergroups_users_list(usergroup="S0DRTEAM")["users"] == ["U0ALICE", "U0BOB"]
    assert slack.usergroups_users_list(usergroup="S0EMPTY")["users"] == []
    assert error_of(slack.usergroups_users_list, usergroup="S0DISABLED") == "no_such_subteam"
    assert [it["handle"] for it in slack.usergroups_list()["usergroups"]] == ["dr-team", "nobody"]
    everyone = slack.usergroups_list(include_disabled=True, include_users=True)["usergroups"]
    assert everyone[2]["users"] == ["U0CAROL"]


def test_pins_bookmarks_and_reactions(workspace: Workspace, slack: WebClient) -> None:
    """Each can be given once, is shown, and can be taken back."""
    channel = new_channel(slack, "marks")
    ts = slack.chat_postMessage(channel=channel, text="card")["ts"]
    slack.pins_add(channel=channel, timestamp=ts)
    assert error_of(slack.pins_add, channel=channel, timestamp=ts) == "already_pinned"
    assert workspace.messages(channel)[-1]["pinned"] is True
    slack.reactions_add(channel=channel, timestamp=ts, name="eyes")
    assert error_of(slack.reactions_add, channel=channel, timestamp=ts, name="eyes") == "already_reacted"
    assert error_of(slack.reactions_add, channel=channel, timestamp=ts, name="No name") == "invalid_name"
    shown = slack.reactions_get(channel=channel, timestamp=ts)["message"]["reactions"]
    assert shown == [{"name": "eyes", "users": ["U0DRBOT"], "count": 1}]
    link = "https://example.com/runbook"
    mark = slack.bookmarks_add(channel_id=channel, title="Runbook", type="link", link=link)["bookmark"]
    assert slack.bookmarks_list(channel_id=channel)["bookmarks"][0]["link"] == link
    slack.bookmarks_remove(channel_id=channel, bookmark_id=mark["id"])
    assert slack.bookmarks_list(channel_id=channel)["bookmarks"] == []
    assert error_of(slack.bookmarks_add, channel_id=channel, title="R", type="link", link="nope") == "invalid_link"


def test_a_permalink_leads_to_the_page(workspace: Workspace, slack: WebClient) -> None:
    """It has Slack's form, with this machine's address."""
    ts = slack.chat_postMessage(channel="C0OPS", text="x")["ts"]
    link = slack.chat_getPermalink(channel="C0OPS", message_ts=ts)["permalink"]
    assert link == f"{workspace.url}/archives/C0OPS/p{ts.replace('.', '')}"


def test_a_file_is_uploaded_in_three_steps(workspace: Workspace, slack: WebClient) -> None:
    """files_upload_v2: an address, the content, and its message."""
    slack.files_upload_v2(channel="C0OPS", filename="review.md", content="# Review", initial_comment="here")
    message = workspace.messages("#ops")[-1]
    assert (message["text"], message["files"][0]["name"], message["files"][0]["size"]) == ("here", "review.md", 8)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"blocks": "{"}, "invalid_blocks_format"),
        ({"blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"blocks": [{"type": "none"}]}, "invalid_blocks"),
        ({"text": "x", "attachments": [{"text": "a"}] * 101}, "too_many_attachments"),
        ({"text": "x", "attachments": "nope"}, "invalid_attachments"),
        ({"text": "x", "metadata": {"event_type": 1}}, "invalid_metadata_format"),
        ({"text": "x", "metadata": {"event_type": "e", "event_payload": {"a": "x" * 20_000}}}, "metadata_too_large"),
        ({"blocks": [section("x" * 3000)] * 5}, "msg_blocks_too_long"),
    ],
)
def test_a_malformed_message_is_refused(slack: WebClient, given: dict[str, Any], code: str) -> None:
    """Each with Slack's own code."""
    assert error_of(slack.api_call, "chat.postMessage", json={"channel": "C0OPS", **given}) == code


def test_text_from_people_is_escaped(workspace: Workspace) -> None:
    """Names become ids, everything else that could be live is escaped."""
    workspace.say("U0BOB", "#ops", "@alice look at #status <!channel> a&b https://example.com/?a=1&b=2 @dr-team.")
    text = workspace.messages("#ops")[-1]["text"]
    assert text == (
        "<@U0ALICE> look at <#C0STATUS|> &lt;!channel&gt; a&amp;b <https://example.com/?a=1&amp;b=2> "
        "<!subteam^S0DRTEAM>."
    )


def test_link_names_brings_bare_mentions_to_life(workspace: Workspace, slack: WebClient) -> None:
    """That is why nobody should set it."""
    slack.chat_postMessage(channel="C0OPS", text="@channel", link_names=True)
    assert workspace.messages("#ops")[-1]["text"] == "<!channel>"
    slack.chat_postMessage(channel="C0OPS", text="@channel")
    assert workspace.messages("#ops")[-1]["text"] == "@channel"


def test_tokens_are_drawn_for_each_run(workspace: Workspace) -> None:
    """What one workspace takes is nothing to another."""
    with Workspace.running() as other:
        ours = {workspace.bot_token, workspace.app_token, workspace.signing_secret}
        assert ours.isdisjoint({other.bot_token, other.app_token, other.signing_secret})


def test_nobody_writes_to_a_bot(slack: WebClient) -> None:
    """Neither to another app's nor to itself, by a message or by opening the direct messages."""
    for bot in ("U0OTHERBOT", "U0DRBOT"):
        assert error_of(slack.chat_postMessage, channel=bot, text="x") == "cannot_dm_bot"
        assert error_of(slack.conversations_open, users=bot) == "cannot_dm_bot"


def test_a_channel_has_at_most_a_hundred_pins(workspace: Workspace, slack: WebClient) -> None:
    """The next one is refused until one is taken away."""
    channel = new_channel(slack, "pinned")
    posts = [slack.chat_postMessage(channel=channel, text=str(number))["ts"] for number in range(101)]
    workspace.channel(channel).pins += posts[:100]
    assert error_of(slack.pins_add, channel=channel, timestamp=posts[100]) == "too_many_pins"
    slack.pins_remove(channel=channel, timestamp=posts[0])
    slack.pins_add(channel=channel, timestamp=posts[100])


def test_a_bot_cannot_unarchive(workspace: Workspace, slack: WebClient) -> None:
    """As in Slack; an administrator can."""
    channel = new_channel(slack, "put-away")
    assert error_of(slack.conversations_unarchive, channel=channel) == "not_archived"
    slack.conversations_archive(channel=channel)
    assert error_of(slack.conversations_unarchive, channel=channel) == "not_in_channel"
    workspace.archive(channel, archived=False)
    slack.chat_postMessage(channel=channel, text="back")


@pytest.mark.parametrize("home", [{"app_home": {"messages_tab_enabled": False}}, {}])
def test_an_app_without_messages_tab_writes_to_nobody(home: dict[str, Any]) -> None:
    """A manifest that doesn't switch it on has none; channels are as ever."""
    manifest = {
        "display_information": {"name": "Other"},
        "features": home,
        "oauth_config": {"scopes": {"bot": ["chat:write", "im:write"]}},
    }
    app = from_manifest(manifest)
    assert not app.takes_messages
    with Workspace.running(app=app, limits=False) as workspace:
        slack = client(workspace)
        direct = slack.conversations_open(users="U0BOB")["channel"]["id"]
        for channel in (direct, "U0BOB"):
            assert error_of(slack.chat_postMessage, channel=channel, text="x") == "messages_tab_disabled"
        slack.chat_postMessage(channel="C0OPS", text="x")


def test_a_page_of_channels_may_be_short(workspace: Workspace, slack: WebClient) -> None:
    """What isn't shown takes up its place, so only the cursor says whether more comes."""
    workspace.new_channel("unseen", kind="private")
    new_channel(slack, "seen-last")
    pages = [page["channels"] for page in slack.conversations_list(types="private_channel", limit=1)]
    assert len(pages) == len(workspace.channels())
    assert [] in pages
    names = [it["name"] for page in slack.conversations_list(limit=1) for it in page["channels"]]
    assert names == [it.name for it in workspace.channels("public")]
