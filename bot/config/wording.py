"""The words for each kind of misfit: what is wrong, and how to mend it."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bot.config.document import Loc, mend
from bot.domain.problems import Unfit

NAME_FORM = "use letters, digits, - and _, and begin with a letter or digit"
Told = tuple[str, str]


class Case(NamedTuple):
    """A misfit: where, the value that doesn't fit, and what its model says would."""

    loc: Loc
    value: Any
    context: Mapping[str, Any]
    example: str
    keys: tuple[str, ...]


def words_for(kind: str, case: Case) -> Told | None:
    """What is wrong and how to mend it, for one of pydantic's kinds of error; None for a kind without words."""
    if kind in FIXED:
        what, fix = FIXED[kind]
        return what.format_map(case.context), fix.format_map(case.context)
    return EXPLAINED[kind](case) if kind in EXPLAINED else None


def _missing(case: Case) -> Told:
    keys = f"{{{', '.join(f'{key}: …' for key in case.keys)}}}" if case.keys else "…"
    return f"{case.loc[-1]} is missing", f"add {case.loc[-1]}: {case.example or keys}"


def _unfit(case: Case) -> Told:
    error = case.context.get("error")
    if isinstance(error, Unfit):
        return error.what, error.fix
    what, _, fix = str(error).partition("; ")
    return what, fix or "see `dr schema` for what fits"


def _choice(case: Case) -> Told:
    expected = str(case.context.get("expected") or case.context.get("expected_tags", "")).replace(" or ", ", ")
    options = [option.strip().strip("'") for option in expected.split(",")]
    value = case.context.get("tag", case.value)
    return f"must be one of {', '.join(options)}", mend(value, options)


def _tag_missing(case: Case) -> Told:
    key = str(case.context.get("discriminator", "")).strip("'").removesuffix("_")
    return f"{key} is missing", f"add {key}: … to say which kind it is"


def _text(case: Case) -> Told:
    if isinstance(case.value, bool | int | float):
        written = str(case.value).lower() if isinstance(case.value, bool) else case.value
        return "must be a text", f'put it in quotes: "{written}"'
    return "must be a text", f"write it like {case.example}" if case.example else "write a single text here"


def _mapping(case: Case) -> Told:
    keys = case.keys[:4] or ("name",)
    return "must be a mapping", f"write it like {{{', '.join(f'{key}: …' for key in keys)}}}"


def _list(case: Case) -> Told:
    is_word = isinstance(case.value, str) and len(case.value) <= 40
    return "must be a list", f"write it like [{case.value}]" if is_word else "write it like [one, two]"


def _form(case: Case) -> Told:
    return "does not have the right form", f"write it like {case.example}" if case.example else NAME_FORM


WHOLE = ("must be a whole number", "write digits alone, without quotes and leading zeros")
NUMBER = ("must be a number", "write it like 3 or 0.5, without quotes")
FLAG = ("must be true or false", "write true or false; yes, no, on and off are read as texts")
EMPTY = ("is empty", "write at least one")
LONG = ("is longer than {max_length}", "shorten it")

FIXED: dict[str, Told] = {
    "int_type": WHOLE,
    "int_parsing": WHOLE,
    "int_from_float": WHOLE,
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "bool_type": FLAG,
    "bool_parsing": FLAG,
    "too_short": EMPTY,
    "string_too_short": ("is empty", "write something, or remove the key"),
    "too_long": LONG,
    "string_too_long": LONG,
    "greater_than_equal": ("is too small", "at least {ge}"),
    "greater_than": ("is too small", "more than {gt}"),
    "less_than_equal": ("is too large", "at most {le}"),
    "less_than": ("is too large", "less than {lt}"),
}
EXPLAINED: dict[str, Callable[[Case], Told]] = {
    "missing": _missing,
    "value_error": _unfit,
    "literal_error": _choice,
    "enum": _choice,
    "union_tag_invalid": _choice,
    "union_tag_not_found": _tag_missing,
    "string_type": _text,
    "model_type": _mapping,
    "model_attributes_type": _mapping,
    "dict_type": _mapping,
    "tuple_type": _list,
    "list_type": _list,
    "frozen_set_type": _list,
    "set_type": _list,
    "string_pattern_mismatch": _form,
}
