"""users.* and usergroups.*"""

from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.methods.call import Call
from bot.playground.workspace.people import Person
from bot.playground.workspace.shapes import Json


def shaped(call: Call, person: Person) -> Json:
    return person.shape(email="users:read.email" in call.core.tokens.scopes)


def info(call: Call) -> Json:
    return {"user": shaped(call, call.person())}


def list_all(call: Call) -> Json:
    page, more = call.page([*call.state.people.values()])
    return {"members": [shaped(call, it) for it in page], "cache_ts": int(call.core.clock.now())} | more


def lookup_by_email(call: Call) -> Json:
    email = call.args.text("email").lower()
    for person in call.state.people.values():
        if person.email.lower() == email and not person.deleted:
            return {"user": shaped(call, person)}
    raise SlackError("users_not_found")


def groups(call: Call) -> Json:
    shown = [it for it in call.state.groups.values() if call.args.flag("include_disabled") or not it.disabled]
    return {"usergroups": [it.shape(users=call.args.flag("include_users")) for it in shown]}


def group_users(call: Call) -> Json:
    group = call.state.groups.get(call.args.text("usergroup", ""))
    if group is None or (group.disabled and not call.args.flag("include_disabled")):
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}
