"""cloudwatch.enable_alarms: let alarms act again, and say which of them have no data to judge."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import Field, field_validator

from bot.actions.accounts import account_of
from bot.actions.aws_errors import aws_change, aws_look, aws_writer
from bot.domain.changes import Change, Measurement, Plan, Precondition, Settlement, Verdict
from bot.domain.model import JsonValue, Model
from bot.domain.problems import Unfit
from bot.domain.texts import Region
from bot.engine.ports import Action, Context

NAME = "cloudwatch.enable_alarms"
KINDS = ["MetricAlarm", "CompositeAlarm"]  # without them CloudWatch leaves composite alarms out
REFUSALS: frozenset[str] = frozenset()  # the operations document no error of their own: settle looks instead
NO_DATA = "INSUFFICIENT_DATA"

AlarmName = Annotated[str, Field(min_length=1, max_length=255)]


class AlarmsParameters(Model):
    """The region, and the metric and composite alarms there (at most 100) whose actions shall be enabled."""

    region: Region
    alarms: Annotated[tuple[AlarmName, ...], Field(min_length=1, max_length=100)]

    @field_validator("alarms")
    @classmethod
    def _each_once(cls, alarms: tuple[str, ...]) -> tuple[str, ...]:
        twice = sorted({name for name in alarms if alarms.count(name) > 1})
        if twice:
            raise Unfit(f"{', '.join(twice)} is named more than once", "name each alarm once")
        return alarms


class Alarm(Model):
    """Whether an alarm's actions are enabled, and its state: OK, ALARM or INSUFFICIENT_DATA."""

    enabled: bool
    state: str


class AlarmFacts(Model):
    """Those of the named alarms that CloudWatch has, by name."""

    account: str
    alarms: dict[str, Alarm]


def observe(params: AlarmsParameters, context: Context) -> AlarmFacts:
    """Read the alarms; a name that CloudWatch does not know is missing from the facts."""
    with aws_look(f"whether the alarms in {params.region} are enabled"):
        pages = (
            context.aws("cloudwatch", params.region)
            .get_paginator("describe_alarms")
            .paginate(AlarmNames=list(params.alarms), AlarmTypes=KINDS)
        )
        read = [one for page in pages for kind in KINDS for one in page.get(f"{kind}s", ())]
    alarms = {one["AlarmName"]: Alarm(enabled=one["ActionsEnabled"], state=one["StateValue"]) for one in read}
    return AlarmFacts(account=account_of(context), alarms=alarms)


def plan(params: AlarmsParameters, facts: AlarmFacts) -> Plan:
    """The plan that enables those that are disabled; an unknown name is an obstacle. Pure."""
    known = [name for name in params.alarms if name in facts.alarms]
    towards = _towards(params, facts, dict.fromkeys(known, True), f"Enable alarms in {params.region}")
    missing = tuple(_missing(name, params.region) for name in params.alarms if name not in facts.alarms)
    warnings = () if towards.is_empty else _warnings(params, facts)
    return towards.model_copy(update={"preconditions": missing, "warnings": warnings})


def undo(params: AlarmsParameters, done: Plan, facts: AlarmFacts) -> Plan:
    """The plan that disables those that were disabled before and are still there; pure."""
    before = _switches(done.saved)
    disabled = {name: False for name in params.alarms if before.get(name) is False and name in facts.alarms}
    return _towards(params, facts, disabled, f"Disable the alarms in {params.region} that were disabled before")


def _towards(params: AlarmsParameters, facts: AlarmFacts, desired: Mapping[str, bool], summary: str) -> Plan:
    live = {name: facts.alarms[name].enabled for name in desired}
    changes = tuple(_change(params.region, name, on) for name, on in desired.items() if live[name] != on)
    return Plan(
        action=NAME,
        summary=summary,
        target=f"alarms-{params.region}",
        account=facts.account,
        region=params.region,
        changes=changes,
        parameters=params.model_dump(mode="json", by_alias=True),
        nothing_to_do="" if changes else f"{_shown(params.region, desired, live)}.",
        targets=tuple(f"{facts.account}/{params.region}/cloudwatch/{name}" for name in desired),
        desired={"enabled": dict(desired)},
        saved={"enabled": dict(live)},
        measurements=(_in_alarm(facts),),
        way_back="Undo disables again what is disabled now.",
    )


def _change(region: str, name: str, on: bool) -> Change:
    return Change(resource=f"CloudWatch in {region}", what=f"actions of {name}", before=_word(not on), after=_word(on))


def _word(on: bool | None) -> str:
    return {True: "enabled", False: "disabled", None: "not there"}[on]


def _missing(name: str, region: str) -> Precondition:
    return Precondition(text=f"CloudWatch in {region} has an alarm named {name}", holds=False)


def _warnings(params: AlarmsParameters, facts: AlarmFacts) -> tuple[str, ...]:
    blind = _in_state(NO_DATA, params.alarms, facts)
    if not blind:
        return ()
    return (f"No data to judge ({NO_DATA}): {', '.join(blind)}. Until data arrives, that tells nothing.",)


def _in_alarm(facts: AlarmFacts) -> Measurement:
    names = _in_state("ALARM", facts.alarms, facts)
    text = f"in state ALARM: {', '.join(names) or 'none'}"
    return Measurement(name="in_alarm", text=text, value=len(names), unit="alarms")


def _in_state(state: str, names: Iterable[str], facts: AlarmFacts) -> list[str]:
    return [name for name in names if name in facts.alarms and facts.alarms[name].state == state]


def _switches(state: Mapping[str, Any]) -> dict[str, bool]:
    """Alarm -> enabled, as a plan's `desired` or `saved` holds it."""
    return dict(state["enabled"])


def _moved(plan: Plan) -> dict[str, bool]:
    """The part of `desired` that the plan changes."""
    before = _switches(plan.saved)
    return {name: on for name, on in _switches(plan.desired).items() if before[name] != on}


def apply(params: AlarmsParameters, plan: Plan, context: Context) -> dict[str, JsonValue]:
    """Enable or disable, in one request, the alarms that the plan changes; the result names them."""
    moved = _moved(plan)
    what = f"The change of the alarms in {params.region}"
    client = aws_writer("cloudwatch", params.region, context, what)
    with aws_change(what, REFUSALS):
        if all(moved.values()):
            client.enable_alarm_actions(AlarmNames=list(moved))
        else:
            client.disable_alarm_actions(AlarmNames=list(moved))
    return {"enabled": {**moved}}


def settle(params: AlarmsParameters, plan: Plan, context: Context) -> Settlement:
    """Compare the alarms that the plan changes with the desired and the saved state."""
    moved, live = _moved(plan), _live(observe(params, context))
    finding = _shown(params.region, moved, live)
    if all(live.get(name) == on for name, on in moved.items()):
        return Settlement(outcome="happened", finding=f"{finding}: changed.", result={"enabled": {**moved}})
    if all(live.get(name) == (not on) for name, on in moved.items()):
        return Settlement(outcome="not_happened", finding=f"{finding}: not changed.")
    return Settlement(outcome="unknown", finding=f"{finding}: neither the planned state nor the one before.")


def verify(params: AlarmsParameters, plan: Plan, context: Context) -> Verdict:
    """Every alarm reads back as desired: CloudWatch itself confirms nothing, and ignores names that it does not know."""
    facts, desired = observe(params, context), _switches(plan.desired)
    live, blind = _live(facts), _in_state(NO_DATA, desired, facts)
    without_data = f" No data to judge yet: {', '.join(blind)}." if blind else ""
    return Verdict(
        holds=all(live.get(name) == on for name, on in desired.items()),
        finding=f"{_shown(params.region, desired, live)}.{without_data}",
        evidence={"alarms": {name: alarm.model_dump(mode="json") for name, alarm in facts.alarms.items()}},
    )


def _live(facts: AlarmFacts) -> dict[str, bool]:
    return {name: alarm.enabled for name, alarm in facts.alarms.items()}


def _shown(region: str, names: Iterable[str], live: Mapping[str, bool]) -> str:
    told = ", ".join(f"{name} {_word(live.get(name))}" for name in names)
    return f"CloudWatch in {region} shows {told or 'none of these alarms'}"


ACTION = Action(
    name=NAME,
    summary="Enable the actions of CloudWatch alarms",
    params=AlarmsParameters,
    observe=observe,
    plan=plan,
    apply=apply,
    settle=settle,
    verify=verify,
    undo=undo,
)
