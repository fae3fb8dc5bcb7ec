"""Every name in the recovery plan that points at another part of it, as a table; a name that points at nothing is an error."""

from collections.abc import Iterator
from typing import NamedTuple

from bot.config.document import Document, Loc, mend
from bot.domain.problems import Problem, shown


class Reference(NamedTuple):
    """Where names stand (`*` for every entry), and the sections whose keys they may be. `of_keys`: the keys are the names."""

    pattern: str
    sections: tuple[str, ...]
    what: str
    of_keys: bool = False


PEOPLE_OR_TEAMS = ("teams", "people")
REFERENCES = (
    Reference("teams.*.members.*", ("people",), "person"),
    Reference("emergency_contacts.*", ("people",), "person"),
    Reference("notifications.*", ("severities",), "severity", of_keys=True),
    Reference("notifications.*.recipients.*", PEOPLE_OR_TEAMS, "team or person"),
    Reference("approvals.approvers", ("teams",), "team"),
    Reference("approvals.break_glass.allowed.*", ("teams",), "team"),
    Reference("systems.*.backup", ("backup_policies",), "backup policy"),
    Reference("systems.*.depends_on.*", ("systems",), "system"),
    Reference("environments.*.targets.*", ("systems",), "system", of_keys=True),
    Reference("alert_rules.*.notify.*", PEOPLE_OR_TEAMS, "team or person"),
    Reference("alert_rules.*.suggest", ("severities",), "severity"),
    Reference("drills.*.system", ("systems",), "system"),
    Reference("drills.*.environment", ("environments",), "environment"),
    Reference("drills.*.participants.*", PEOPLE_OR_TEAMS, "team or person"),
)


def unknown_names(document: Document) -> Iterator[Problem]:
    """The names that point at nothing, judged from the file itself, so that another error hides none of them."""
    for reference in REFERENCES:
        known = {key for section in reference.sections for key in _keys(document, (section,))}
        for loc, value in document.find(reference.pattern):
            name = loc[-1] if reference.of_keys else value
            if isinstance(name, str) and name not in known and not document.is_broken(loc):
                yield document.problem(
                    loc, f"there is no {reference.what} {shown(name)}", mend(name, known), key=reference.of_keys
                )


def unknown_secrets(document: Document) -> Iterator[Problem]:
    """The targets that name a secret that their own environment doesn't have."""
    for environment, _ in document.find("environments.*"):
        known = _keys(document, (*environment, "secrets"))
        for loc, name in _named_secrets(document, (*environment, "targets")):
            if isinstance(name, str) and name not in known and not document.is_broken(loc):
                # The name is not repeated: somebody may have written the value here.
                fix = mend(name, known, "add it under secrets, with where it comes from")
                yield document.problem(loc, "this environment has no secret of that name", fix)


def _named_secrets(document: Document, loc: Loc) -> Iterator[tuple[Loc, object]]:
    part = document.at(loc)
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "secret":
                yield (*loc, key), value
            else:
                yield from _named_secrets(document, (*loc, key))
    elif isinstance(part, list):
        for place in range(len(part)):
            yield from _named_secrets(document, (*loc, place))


def _keys(document: Document, loc: Loc) -> set[str]:
    part = document.at(loc)
    return set(part) if isinstance(part, dict) else set()
