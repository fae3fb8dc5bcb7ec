"""`decide(state, command, world) -> events`: the one place where a command becomes events, or is refused. Pure."""

from collections.abc import Mapping

from bot.domain import commands as c
from bot.domain.authority import check_authority
from bot.domain.decisions import (
    approving,
    execution,
    gates,
    incidents,
    overriding,
    runs,
    steps,
    undoing,
    updates,
    waiting,
)
from bot.domain.decisions.world import Decision, Traits, World, imagine
from bot.domain.errors import Refused
from bot.domain.incident import Incident
from bot.domain.timeline import Event
from bot.domain.transitions import IllegalMove

__all__ = ["Traits", "World", "decide"]

DECISIONS: Mapping[type[c.Command], Decision] = {
    c.Declare: incidents.declare,
    c.SetSeverity: incidents.set_severity,
    c.Assign: incidents.assign,
    c.Note: incidents.note,
    c.Subscribe: incidents.subscribe,
    c.Acknowledge: incidents.acknowledge,
    c.Mitigate: incidents.mitigate,
    c.Resolve: incidents.resolve,
    c.Close: incidents.close,
    c.Cancel: incidents.cancel,
    c.Reopen: incidents.reopen,
    c.Start: runs.start,
    c.Stop: runs.stop,
    c.Pause: runs.pause,
    c.Resume: runs.resume,
    c.PostUpdate: updates.post_update,
    c.DraftUpdate: updates.draft_update,
    c.SnoozeUpdate: updates.snooze_update,
    c.PostMessage: updates.post_message,
    c.OpenChannel: updates.open_channel,
    c.RecordDelivery: updates.record_delivery,
    c.Done: steps.done,
    c.Skip: steps.skip,
    c.Retry: steps.retry,
    c.Replan: steps.replan,
    c.Settle: steps.settle,
    c.Undo: undoing.undo,
    c.Block: execution.block,
    c.Begin: execution.begin,
    c.Applied: execution.applied,
    c.NotDone: execution.not_done,
    c.Doubt: execution.doubt,
    c.Wait: waiting.wait,
    c.Looked: execution.looked,
    c.Probed: execution.probed,
    c.ShowPlan: gates.show_plan,
    c.Approve: approving.approve,
    c.JudgeOffer: approving.judge_offer,
    c.Decline: approving.decline,
    c.Withdraw: approving.withdraw,
    c.Expire: approving.expire,
    c.AcceptRisk: overriding.accept_risk,
    c.BreakGlass: overriding.break_glass,
}


def decide(state: Incident | None, command: c.Command, world: World, stream: str = "") -> tuple[Event, ...]:
    """The events that a command leads to, with the turns that come of them; raises Refused and changes nothing.

    Every move is tried on the state first, so that no illegal one is ever recorded.
    """
    check_authority(state, command, world.plan)
    events = DECISIONS[type(command)](state, command, world)
    try:
        after = imagine(state, events, world.now, stream)
        ready = runs.turns(state, after) if after else ()
        if ready:
            imagine(after, ready, world.now)
    except IllegalMove as illegal:
        raise Refused(str(illegal)) from illegal
    return (*events, *ready)
