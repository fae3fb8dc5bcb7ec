"""What the app is sent when a person does something, in Slack's shapes."""

from bot.playground.workspace.channels import Channel
from bot.playground.workspace.core import Core
from bot.playground.workspace.installed import SlashCommand
from bot.playground.workspace.messages import Message
from bot.playground.workspace.shapes import Json
from bot.playground.workspace.typed import command_text
from bot.playground.workspace.values import state_values
from bot.playground.workspace.views import View

VERIFICATION = "verification"


def hook(core: Core, user: str, channel: Channel, message_ts: str = "") -> str:
    return core.url + core.hooks.issue(user, channel.id, message_ts)


def common(core: Core, kind: str, user: str) -> Json:
    person, team = core.state.people[user], core.state.team
    who = {"id": user, "username": person.name, "name": person.name, "team_id": person.team}
    payload: Json = {"type": kind, "token": VERIFICATION, "user": who, "team": {"id": team.id, "domain": team.domain}}
    return payload | {"api_app_id": core.app.id, "enterprise": None, "is_enterprise_install": False}


def slash_command(core: Core, user: str, channel: Channel, command: SlashCommand, text: str) -> Json:
    person, team = core.state.people[user], core.state.team
    name = "directmessage" if channel.kind == "im" else channel.name
    payload: Json = {"token": VERIFICATION, "team_id": team.id, "team_domain": team.domain}
    payload |= {"channel_id": channel.id, "channel_name": name, "user_id": user, "user_name": person.name}
    payload |= {"command": command.command, "text": command_text(core.state, text) if command.should_escape else text}
    payload |= {"api_app_id": core.app.id, "is_enterprise_install": "false"}
    return payload | {"response_url": hook(core, user, channel), "trigger_id": core.triggers.issue(user)}


def message_action(core: Core, user: str, channel: Channel, message: Message, callback_id: str) -> Json:
    payload = common(core, "message_action", user) | {"action_ts": core.clock.ts(), "callback_id": callback_id}
    payload |= {"channel": {"id": channel.id, "name": channel.name or "directmessage"}, "message_ts": message.ts}
    payload |= {"message": message.shape(metadata=True), "response_url": hook(core, user, channel, message.ts)}
    return payload | {"trigger_id": core.triggers.issue(user)}


def global_shortcut(core: Core, user: str, callback_id: str) -> Json:
    payload = common(core, "shortcut", user) | {"action_ts": core.clock.ts(), "callback_id": callback_id}
    return payload | {"trigger_id": core.triggers.issue(user)}


def message_click(
    core: Core, user: str, channel: Channel, message: Message, attachment: int, action: Json, given: Json
) -> Json:
    """block_actions in a message, or in its attachment of this number; an ephemeral one isn't shown to the app."""
    container: Json = {"type": "message", "message_ts": message.ts, "channel_id": channel.id}
    container["is_ephemeral"] = bool(message.only_for)
    if attachment:
        container |= {"type": "message_attachment", "attachment_id": attachment, "is_app_unfurl": False}
    payload = common(core, "block_actions", user) | {"container": container, "actions": [action]}
    payload |= {"channel": {"id": channel.id, "name": channel.name or "directmessage"}}
    payload |= {"state": {"values": state_values(message.all_blocks, given)}}
    payload |= {"response_url": hook(core, user, channel, message.ts), "trigger_id": core.triggers.issue(user)}
    return payload | ({} if message.only_for else {"message": message.shape(metadata=True)})


def view_click(core: Core, user: str, view: View, action: Json, given: Json) -> Json:
    """block_actions in a modal or in Home."""
    payload = common(core, "block_actions", user) | {"container": {"type": "view", "view_id": view.id}}
    payload |= {"actions": [action], "view": filled(core, view, given)}
    return payload | {"trigger_id": core.triggers.issue(user, in_modal=view.type == "modal")}


def submission(core: Core, view: View, values: Json) -> Json:
    payload = common(core, "view_submission", view.user) | {"view": filled(core, view, values)}
    payload |= {"trigger_id": core.triggers.issue(view.user, in_modal=True)}
    return payload | {"response_urls": chosen_hooks(core, view, values)}


def chosen_hooks(core: Core, view: View, values: Json) -> list[Json]:
    """A response_url for each conversation that was chosen in an input with response_url_enabled."""
    hooks: list[Json] = []
    for block in view.body["blocks"]:
        element = block.get("element") or {}
        if element.get("response_url_enabled"):
            value = values[block["block_id"]][element["action_id"]]
            channel = core.state.channels.get(value.get("selected_conversation") or value.get("selected_channel") or "")
            if channel is not None:
                ids = {"block_id": block["block_id"], "action_id": element["action_id"], "channel_id": channel.id}
                hooks.append(ids | {"response_url": hook(core, view.user, channel)})
    return hooks


def closing(core: Core, view: View, *, cleared: bool) -> Json:
    return common(core, "view_closed", view.user) | {"view": filled(core, view, {}), "is_cleared": cleared}


def suggestion(core: Core, user: str, container: Json, action: Json, view: View | None) -> Json:
    """block_suggestion: what the app is asked for an external select."""
    payload = common(core, "block_suggestion", user) | {"container": container, **action}
    return payload | ({"view": core.views.shape(view)} if view else {})


def filled(core: Core, view: View, given: Json) -> Json:
    return core.views.shape(view) | {"state": {"values": state_values(view.body["blocks"], given)}}
