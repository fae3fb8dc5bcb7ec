"""Weighted records of one name in Route 53: how they are read, compared and put into words."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.actions.aws_errors import aws_look
from bot.domain.model import JsonValue
from bot.domain.targets import DnsTarget
from bot.engine.ports import Context

REGION = "us-east-1"  # Route 53 is global; its control plane, and so its endpoint, is there

RecordSet = dict[str, JsonValue]
"""A complete record set as Route 53 holds it."""


def read_records(record: DnsTarget, context: Context) -> dict[str, RecordSet]:
    """Every record of the name and type that has a set identifier, by it; raises Unavailable."""
    found: dict[str, RecordSet] = {}
    with aws_look(f"what the records of {record.name} {record.type} are"):
        for page in _pages(record, context):
            sets = page["ResourceRecordSets"]
            found.update({one["SetIdentifier"]: one for one in sets if _is_of(one, record) and "SetIdentifier" in one})
            if not sets or not _is_of(sets[-1], record):  # the list is sorted: nothing of this name follows
                break
    return found


def _pages(record: DnsTarget, context: Context) -> Iterable[Mapping[str, Any]]:
    pages: Iterable[Mapping[str, Any]] = (
        context.aws("route53", REGION)
        .get_paginator("list_resource_record_sets")
        .paginate(HostedZoneId=record.zone, StartRecordName=record.name, StartRecordType=record.type)
    )
    return pages


def _is_of(one: Mapping[str, Any], record: DnsTarget) -> bool:
    return bool(spelled(one["Name"]) == spelled(record.name) and one["Type"] == record.type)


def spelled(name: str) -> str:
    """A domain name in one spelling: lower case, no dot at its end, `*` as such."""
    return name.lower().rstrip(".").replace("\\052", "*")


def leads_to(record: Mapping[str, Any]) -> str:
    """Where a record leads, and for how long resolvers keep it."""
    if "AliasTarget" in record:
        return f"alias of {record['AliasTarget']['DNSName']}"
    values = ", ".join(value["Value"] for value in record.get("ResourceRecords", ()))
    return f"{values}, TTL {record.get('TTL', 'unknown')} s"


def longest_ttl(records: Mapping[str, Mapping[str, Any]]) -> int:
    """In seconds; 0 where all are aliases."""
    return max((int(record.get("TTL", 0)) for record in records.values()), default=0)


def weights_of(records: Mapping[str, Mapping[str, JsonValue]]) -> dict[str, JsonValue]:
    """The weight of each record by its set identifier; None for another routing policy."""
    return {name: record.get("Weight") for name, record in records.items()}


def weights_text(records: Mapping[str, Mapping[str, JsonValue]]) -> str:
    """The weights in words: `west 100, east 0`."""
    return ", ".join(f"{name} {'by another policy' if w is None else w}" for name, w in weights_of(records).items())


def records_of(state: Mapping[str, Any]) -> dict[str, RecordSet]:
    """The records that a plan's `desired` or `saved` holds."""
    return dict(state["records"])
