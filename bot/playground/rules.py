"""Whether a rule was bent, from the timeline alone: read without the bot's own code, so that its mistakes would show."""

from collections import Counter
from collections.abc import Iterator, Sequence

from bot.playground.seen import Event, Planned, of_type

FENCE, PROMOTE = "fence_primary", "promote_replica"
PROVEN = frozenset({"done", "verified"})


def bent_rules(events: Sequence[Event]) -> list[str]:
    """One line for each rule that was bent; nothing where all is well."""
    return [*unapproved(events), *started_twice(events), *promoted_unfenced(events)]


def unapproved(events: Sequence[Event]) -> Iterator[str]:
    """Steps that started without the approvals of the very plan, or with a risk that nobody accepted."""
    ungated = {str(step) for event in of_type(events, "RunStarted") for step in event.data.get("ungated", ())}
    for start in of_type(events, "StepStarted"):
        planned = plan_before(events, start)
        if planned is None or (planned.rule is None and not planned.plan.changes):
            if start.step not in ungated and planned is None:
                yield f"{start.step} started without a plan that anybody could see"
        elif planned.rule is None:
            if start.step not in ungated:
                yield f"{start.step} started although nobody had to approve it"
        else:
            yield from misapproved(events, start, planned, planned.rule.required)


def misapproved(events: Sequence[Event], start: Event, planned: Planned, required: int) -> Iterator[str]:
    if start.data.get("digest") != planned.digest:
        yield f"{start.step} started by another plan than the one shown"
    people = approvers(events, start, planned.digest) & set(planned.waits_for)
    if len(people) < required:
        yield f"{start.step} started with {len(people)} approvals of {required}"
    if planned.plan.risks and not any(it.seq < start.seq for it in about(events, start, "RiskAccepted")):
        yield f"{start.step} started with a risk that nobody had accepted"


def plan_before(events: Sequence[Event], start: Event) -> Planned | None:
    """The plan that was shown last before a start."""
    shown = [it for it in about(events, start, "StepPlanned") if it.seq < start.seq]
    return Planned.model_validate(shown[-1].data) if shown else None


def approvers(events: Sequence[Event], start: Event, digest: str) -> set[str]:
    """Who had approved this very digest before the start, and had not taken it back."""
    people: set[str] = set()
    for event in about(events, start, "ApprovalGiven", "ApprovalWithdrawn", "ApprovalRejected"):
        if event.seq > start.seq:
            break
        person = str(event.data["person"])
        if event.type != "ApprovalGiven":
            people.discard(person)
        elif event.data["digest"] == digest:
            people.add(person)
    return people


def started_twice(events: Sequence[Event]) -> Iterator[str]:
    starts = Counter((it.data["run"], it.step, it.data["attempt"]) for it in of_type(events, "StepStarted"))
    yield from (
        f"attempt {attempt} of {step} started {count} times"
        for (_, step, attempt), count in starts.items()
        if count > 1
    )


def promoted_unfenced(events: Sequence[Event]) -> Iterator[str]:
    """The old primary must be proven fenced before the promotion begins."""
    proofs = [
        it.seq
        for it in of_type(events, "StepCompleted")
        if it.step == FENCE and it.data.get("outcome", "done") in PROVEN
    ]
    for start in of_type(events, "StepStarted"):
        if start.step == PROMOTE and not any(seq < start.seq for seq in proofs):
            yield "the replica's promotion started before the old primary was proven fenced"


def about(events: Sequence[Event], start: Event, *types: str) -> list[Event]:
    """The events of these types that concern the same step of the same run."""
    return [it for it in of_type(events, *types) if it.step == start.step and it.data["run"] == start.data["run"]]
