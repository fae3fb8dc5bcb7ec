"""A small recovery plan and its runbook."""

from collections.abc import Mapping
from typing import Any

PEOPLE = ("alice", "bob", "carol", "dave", "erin")
Json = dict[str, Any]
SWITCH: Json = {
    "runbook": "switch",
    "title": "Switch over",
    "kind": "failover",
    "for": "postgres",
    "steps": [
        {"id": "assess", "title": "Assess the situation", "manual": "Look at it."},
        {"id": "flip", "title": "Flip it", "action": "http.request", "approval": {"required": 2}}
        | {"with": {"url": "${target.hooks.url}/flip", "probe": {"url": "${target.hooks.url}/flip"}}},
        {"id": "watch", "title": "Watch it", "manual": "Look again."},
    ],
}


def recovery_plan(keys: Mapping[str, str], hooks: str) -> Json:
    """Five people who are in the workspace, one system, and one hook that approvals lead to."""
    people = {
        person: {
            "name": person.title(),
            "email": f"{person}@example.com",
            "slack": f"U0{person.upper()}",
            "ssh_keys": [keys[person]],
        }
        for person in PEOPLE
    }
    objectives = {"objectives": {"rto": "1h", "rpo": "5m"}}
    regions = {"regions": {"primary": "us-west-2", "recovery": "us-east-1"}}
    return {
        "organisation": "Example Shop",
        "senders": {"email": "DR Bot <dr@example.com>"},
        "channels": {"announce_in": "C0INCIDENTS", "broadcast_in": "C0STATUS"},
        "people": people,
        "teams": {"approvers": {"members": list(PEOPLE)}, "leads": {"members": ["alice", "bob"]}},
        "emergency_contacts": {"primary": "erin", "secondary": "dave"},
        "severities": {
            "sev1": {"title": "Down", "updates": {"every": "30m"}},
            "sev2": {"title": "Degraded", "updates": "none"},
        },
        "notifications": {"sev1": {"recipients": ["leads"], "channels": ["email"]}},
        "approvals": {"approvers": "approvers"},
        "systems": {"shop": {"title": "Shop", **objectives, **regions, "runbooks": ["switch"]}},
        "environments": {
            "production": {"http": {"allow": [f"{hooks}/"]}, "targets": {"shop": {"hooks": {"url": hooks}}}}
        },
    }
