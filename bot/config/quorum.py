"""Whether an approval rule can be met: by how many at best, and by how many on a bad night."""

from collections.abc import Collection
from typing import NamedTuple

from bot.domain.plan import RecoveryPlan


class Quorum(NamedTuple):
    """How many members of a team may approve: at best, and when an approver declared and another one asked."""

    at_best: int
    at_worst: int


def quorum(plan: RecoveryPlan, team: str, exclude: Collection[str]) -> Quorum:
    """How many may approve under a rule. Nobody of an unknown team may.

    At best those whom the rule excludes are not approvers anyway, except that somebody of `people` has to ask for the
    step: where all people are approvers, that takes one away. Anybody may be in a team's Slack group.
    """
    if team not in plan.teams:
        return Quorum(0, 0)
    members = set(plan.members(team))
    possible = set(plan.people) if plan.teams[team].slack_group else members
    asker = 1 if "requester" in exclude and set(plan.people) <= possible else 0
    return Quorum(max(len(possible) - asker, 0), max(len(members) - len(set(exclude)), 0))
