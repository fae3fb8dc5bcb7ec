"""views.*: modals and the app's Home."""

from bot.playground.workspace.blocks import checked_view
from bot.playground.workspace.errors import invalid_arguments
from bot.playground.workspace.methods.call import Call
from bot.playground.workspace.shapes import Json
from bot.playground.workspace.views import View


def open_view(call: Call) -> Json:
    body = checked_view(call.args.json("view"), "modal")
    trigger = call.core.triggers.exchange(call.args.text("trigger_id"))
    return answer(call, call.core.views.open(trigger.user, body))


def push(call: Call) -> Json:
    body = checked_view(call.args.json("view"), "modal")
    trigger = call.core.triggers.exchange(call.args.text("trigger_id"))
    if not trigger.in_modal:
        raise invalid_arguments("the trigger_id must come from a modal [json-pointer:/trigger_id]")
    return answer(call, call.core.views.push(trigger.user, body))


def update(call: Call) -> Json:
    views = call.core.views
    view = views.find(call.args.text("view_id", ""), call.args.text("external_id", ""))
    body = checked_view(call.args.json("view"), "home" if view.type == "home" else "modal")
    return answer(call, views.update(view, body, call.args.text("hash", "")))


def publish(call: Call) -> Json:
    user = call.person("user_id").id
    body = checked_view(call.args.json("view"), "home")
    return answer(call, call.core.views.publish(user, body, call.args.text("hash", "")))


def answer(call: Call, view: View) -> Json:
    return {"view": call.core.views.shape(view)}
