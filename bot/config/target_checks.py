"""What is wrong with the targets of a plan's environments, judged from the file itself."""

from collections.abc import Iterator

from pydantic import ValidationError

from bot.config.document import Document, mend
from bot.config.misfits import misfits
from bot.domain.durations import UNITS_REQUIRED
from bot.domain.problems import Problem, shown
from bot.domain.targets import TARGET_KINDS

SECRET_KEYS = frozenset({"password", "passwd", "token", "api_key", "apikey", "secret_key", "private_key", "access_key"})


def unfit_targets(document: Document) -> Iterator[Problem]:
    """Targets that say what kind they are, and are not."""
    for loc, kind in document.find("environments.*.targets.*.*.kind"):
        if document.is_broken(loc[:-1]):
            continue
        model = TARGET_KINDS.get(str(kind))
        if model is None:
            yield document.problem(loc, f"there is no kind of target {shown(kind)}", mend(kind, TARGET_KINDS))
            continue
        value = document.at(loc[:-1])
        try:
            model.model_validate(value, context=UNITS_REQUIRED)
        except ValidationError as error:
            for misfit in misfits(error, value, model):
                yield document.problem((*loc[:-1], *misfit.loc), misfit.message, misfit.fix, key=misfit.at_key)


def secret_values(document: Document) -> Iterator[Problem]:
    """Keys of targets that look as if a secret stood there, which belongs elsewhere."""
    for loc in document.values:
        name = str(loc[-1]).lower().replace("-", "_") if loc else ""
        if loc[:1] == ("environments",) and "targets" in loc[2:3] and name in SECRET_KEYS:
            fix = "name it under secrets and write secret: NAME here"
            yield document.problem(loc, "a secret's value must not stand in the plan", fix, key=True)
