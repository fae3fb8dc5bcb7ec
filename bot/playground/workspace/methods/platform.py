"""api.test, auth.test, apps.connections.open, and files.*"""

from bot.playground.workspace.errors import SlackError, invalid_arguments
from bot.playground.workspace.messages import Message
from bot.playground.workspace.methods.call import Call
from bot.playground.workspace.shapes import Json


def api_test(call: Call) -> Json:
    given = {name: value for name, value in call.args.raw.items() if name != "token"}
    if "error" in given:
        raise SlackError(str(given["error"]), args=given)
    return {"args": given}


def auth_test(call: Call) -> Json:
    team, app = call.state.team, call.core.app
    account = call.state.people[app.user]
    answer: Json = {"url": f"{call.core.url}/", "team": team.name, "user": account.name, "team_id": team.id}
    return answer | {"user_id": app.user, "bot_id": app.bot, "is_enterprise_install": False}


def open_connection(call: Call) -> Json:
    return {
        "url": f"{call.core.url.replace('http', 'ws', 1)}/link/?ticket={call.core.tickets.issue()}&app_id={call.core.app.id}"
    }


def team_info(call: Call) -> Json:
    team = call.state.team
    return {"team": {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": "", "icon": {}}}


def upload_url(call: Call) -> Json:
    upload = call.core.uploads.start(call.args.text("filename"), call.args.number("length", 0))
    return {"upload_url": f"{call.core.url}/upload/{upload.id}", "file_id": upload.id}


def complete_upload(call: Call) -> Json:
    named = call.args.json("files") or []
    if not isinstance(named, list) or not all(isinstance(it, dict) for it in named):
        raise invalid_arguments("must be an array of objects [json-pointer:/files]")
    uploads = [it for file in named if (it := call.core.uploads.get(str(file.get("id"))))]
    if not uploads or len(uploads) != len(named):
        raise SlackError("file_not_found")
    for upload, file in zip(uploads, named, strict=True):
        upload.title = str(file.get("title") or upload.name)
    if "channel_id" in call.args:
        channel = call.open_channel(call.joined(call.channel("channel_id")))
        files = {"files": [it.shape() for it in uploads]}
        text = call.args.text("initial_comment", "")
        app = call.core.app
        message = Message(call.core.clock.ts(), app.user, text, bot=app.bot, app=app.id, details=files)
        call.state.post(channel, message)
    return {"files": [it.shape() for it in uploads]}
