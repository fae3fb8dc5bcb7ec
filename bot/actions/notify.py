"""notify.template and notify.page: tell people, each once. What a message says and how it travels is not decided here."""

from collections.abc import Sequence

from bot.domain.changes import Change, Plan, Settlement, Verdict
from bot.domain.model import JsonValue, Model
from bot.domain.texts import Name
from bot.engine.ports import Action, Context, Notice, StepFacts, Unavailable

PAGE = "page"
BY_EMAIL = "Pages go out by email for now: nobody's phone rings. Call whoever must wake up."


class TemplateParameters(Model):
    """The template, and the teams or people to tell; without `to` those whom the severity calls for."""

    template: Name
    to: tuple[Name, ...] | None = None


class PageParameters(Model):
    """The team to page."""

    team: Name


class Recipient(Model):
    """Somebody to tell; `address` is empty where the recovery plan holds no email address."""

    person: str
    name: str
    address: str


class Audience(Model):
    """Who is to be told what, who of them was told already, and why nobody else is."""

    template: str
    people: tuple[Recipient, ...]
    told: frozenset[str] = frozenset()
    nobody: str = ""


def observe_template(params: TemplateParameters, context: Context) -> Audience:
    """Whom the parameters, or else the severity, call for."""
    facts = context.facts
    if params.to is not None:
        return _audience(params.template, params.to, f"{', '.join(params.to)} has no members.", facts)
    matrix = facts.recovery_plan.notifications.get(facts.severity)
    nobody = f"The recovery plan's notifications name nobody for {facts.severity}."
    return _audience(params.template, matrix.recipients if matrix else (), nobody, facts)


def observe_page(params: PageParameters, context: Context) -> Audience:
    """The team's members."""
    return _audience(PAGE, (params.team,), f"{params.team} has no members.", context.facts)


def _audience(template: str, names: Sequence[str], nobody: str, facts: StepFacts) -> Audience:
    called = _people(names, facts)
    if facts.drill:
        participants = drill_participants(facts)
        called, before = tuple(person for person in called if person in participants), called
        if before and not called:
            left_out = ", ".join(facts.recovery_plan.people[person].name for person in before)
            nobody = f"This is a drill, and none of {left_out} takes part in a drill in {facts.environment}."
    return Audience(
        template=template,
        people=tuple(_recipient(person, facts) for person in called),
        told=frozenset(facts.told.get(template, frozenset())) & frozenset(called),
        nobody="" if called else nobody,
    )


def _people(names: Sequence[str], facts: StepFacts) -> tuple[str, ...]:
    plan = facts.recovery_plan
    unknown = [name for name in names if name not in plan.teams and name not in plan.people]
    if unknown:
        raise Unavailable(
            f"The recovery plan has no team or person {', '.join(unknown)}. Correct the step, or add them to plan.yml."
        )
    return plan.people_of(names)


def drill_participants(facts: StepFacts) -> frozenset[str]:
    """Who may be told in a drill: the participants of the plan's drills in this environment, and nobody else."""
    plan = facts.recovery_plan
    drills = [drill for drill in plan.drills.values() if drill.environment == facts.environment]
    return frozenset(person for drill in drills for person in plan.people_of(drill.participants))


def _recipient(person: str, facts: StepFacts) -> Recipient:
    entry = facts.recovery_plan.people[person]
    return Recipient(person=person, name=entry.name, address=entry.email or "")


def plan_template(params: TemplateParameters, audience: Audience) -> Plan:
    """Who would get the message; empty where all have it. Pure."""
    return _plan("notify.template", params, audience, f"Send {params.template} to", ())


def plan_page(params: PageParameters, audience: Audience) -> Plan:
    """Who would be paged; empty where all were. Pure."""
    return _plan("notify.page", params, audience, f"Page {params.team} by email:", (BY_EMAIL,))


def _plan(action: str, params: Model, audience: Audience, what: str, warnings: tuple[str, ...]) -> Plan:
    left = [one for one in audience.people if one.person not in audience.told]
    changes = tuple(_change(audience.template, one) for one in left)
    unreachable = [one.name for one in left if not one.address]
    if unreachable:
        warnings = (*warnings, f"No email address in the recovery plan: {', '.join(unreachable)}.")
    return Plan(
        action=action,
        summary=f"{what} {len(left)} {'person' if len(left) == 1 else 'people'}",
        target=audience.template,
        changes=changes,
        nothing_to_do="" if changes else audience.nobody or _all_told(audience),
        parameters=params.model_dump(mode="json", by_alias=True),
        desired={"template": audience.template, "people": [one.person for one in left]},
        warnings=warnings if changes else (),
        way_back="A message cannot be called back.",
    )


def _change(template: str, one: Recipient) -> Change:
    resource = f"{one.name} <{one.address}>" if one.address else one.name
    return Change(resource=resource, what=template, before="not told", after="told")


def _all_told(audience: Audience) -> str:
    names = ", ".join(one.name for one in audience.people)
    return f"All have been told already: {names}."


def _wanted(plan: Plan) -> tuple[str, ...]:
    people = plan.desired["people"]
    return tuple(str(person) for person in people) if isinstance(people, list) else ()


def apply(_params: Model, plan: Plan, context: Context) -> dict[str, JsonValue]:
    """Record one message for each person; its id makes it one however often this runs."""
    facts = context.facts
    template = str(plan.desired["template"])
    fields = {"incident": facts.incident, "system": facts.system, "severity": facts.severity, "step": facts.step}
    people = _wanted(plan)
    context.notify(tuple(Notice(f"{facts.token}/{person}", person, template, fields) for person in people))
    return {"template": template, "people": list(people)}


def settle(_params: Model, plan: Plan, context: Context) -> Settlement:
    """By whom the timeline says was told."""
    told, wanted = _told(plan, context), _wanted(plan)
    finding = f"Told: {_names(told, context)} of {_names(wanted, context)}."
    if len(told) == len(wanted):
        return Settlement(outcome="happened", finding=finding, result={"people": list(told)})
    return Settlement(outcome="unknown" if told else "not_happened", finding=finding)


def _told(plan: Plan, context: Context) -> tuple[str, ...]:
    known = context.facts.told.get(str(plan.desired["template"]), frozenset())
    return tuple(person for person in _wanted(plan) if person in known)


def _names(people: Sequence[str], context: Context) -> str:
    """As people are called; who has left the recovery plan since, by id."""
    known = context.facts.recovery_plan.people
    return ", ".join(known[person].name if person in known else person for person in people) or "nobody"


def verify(_params: Model, plan: Plan, context: Context) -> Verdict:
    """The messages are recorded for delivery, or nobody was left to tell. A recovery does not wait for mail to arrive."""
    people = _wanted(plan)
    recorded = f"Recorded for delivery to {_names(people, context)}. Who cannot be reached is named with the incident."
    return Verdict(holds=True, finding=recorded if people else plan.nothing_to_do, evidence={"people": list(people)})


TEMPLATE = Action(
    name="notify.template",
    summary="Send a message from a template to the people that the severity calls for, or to the teams named",
    params=TemplateParameters,
    observe=observe_template,
    plan=plan_template,
    apply=apply,
    settle=settle,
    verify=verify,
    gated=False,
    repeatable=True,
)

PAGE_TEAM = Action(
    name="notify.page",
    summary="Page a team (by email for now)",
    params=PageParameters,
    observe=observe_page,
    plan=plan_page,
    apply=apply,
    settle=settle,
    verify=verify,
    gated=False,
    repeatable=True,
)
