"""What the app says back: in a command's acknowledgement, or at a response_url."""

from bot.playground.workspace.arguments import Arguments
from bot.playground.workspace.core import Core
from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.messages import Message
from bot.playground.workspace.methods.call import Call
from bot.playground.workspace.methods.chat import change, new_message
from bot.playground.workspace.shapes import Json
from bot.playground.workspace.triggers import Hook


def says_something(body: Json | None) -> bool:
    return bool(body and (body.get("text") or body.get("blocks") or body.get("attachments")))


def say_back(core: Core, user: str, channel_id: str, body: Json) -> None:
    """Posts it, to the person alone unless it is in_channel. Raises SlackError for what can't be shown."""
    message = new_message(Call(core, Arguments(body)))
    message.only_for = "" if body.get("response_type") == "in_channel" else user
    core.state.post(core.state.channels[channel_id], message)


def use_hook(core: Core, key: str, body: Json) -> None:
    """A POST to a response_url. Raises SlackError: used_url, expired_url, and those of posting."""
    hook = core.hooks.use(key)
    original = original_of(core, hook)
    if body.get("delete_original") and original is not None:
        core.state.delete(core.state.channels[hook.channel], original)
    elif body.get("replace_original") and original is not None:
        replace(core, hook, original, body)
    elif hook.channel not in core.state.channels:
        raise SlackError("channel_not_found")
    else:
        say_back(core, hook.user, hook.channel, body)


def original_of(core: Core, hook: Hook) -> Message | None:
    """The message that may be replaced: the app's own."""
    channel = core.state.channels.get(hook.channel)
    message = channel.messages.get(hook.message_ts) if channel else None
    return message if message is not None and message.user == core.app.user else None


def replace(core: Core, hook: Hook, message: Message, body: Json) -> None:
    """Its new content; an ephemeral message stays one."""
    before = message.shape(metadata=True)
    change(Call(core, Arguments(body | {"blocks": body.get("blocks") or []})), message)
    core.state.edit(core.state.channels[hook.channel], message, before)
