"""One text of a template, compiled once and filled in with plain data, within its caps.

Templates come from files only; what people typed is data and never becomes a template. docs/decisions/templates-are-capped.md
says why this needs no process that can be killed.
"""

import traceback
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from bot.comms.failure import TemplateFailed
from bot.comms.filters import LONGEST, SPENT, Spent, filters, kind, written
from bot.config.template_grammar import TESTS, every, violations
from bot.domain.model import JsonValue

STEP = "_step"
COMPILING = (TemplateError, RecursionError, SyntaxError, ValueError)
RENDERING = (TemplateError, TypeError, ValueError, LookupError, RecursionError)


class Environment(ImmutableSandboxedEnvironment):
    """A sandbox whose values are plain data: they have keys and no attributes."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__(undefined=StrictUndefined, finalize=written)
        self.globals = {}
        self.filters = filters(zone)
        self.tests = {name: self.tests[name] for name in TESTS}
        self.filters[STEP] = _counted

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping):
            return obj[attribute] if attribute in obj else self.undefined(_unknown(attribute, obj))
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        try:
            return obj[argument]
        except (TypeError, LookupError):
            return self.undefined(obj=obj, name=argument)


class Piece:
    """One compiled text. Raises TemplateFailed where it says what it may not."""

    def __init__(self, environment: Environment, source: str, name: str) -> None:
        self._name = f"<{name}>"
        try:
            tree = environment.parse(source)
            for line, said in violations(tree):
                raise TemplateFailed(said, line)
            self.names = frozenset(node.name for node in every(tree) if isinstance(node, nodes.Name))
            code = environment.compile(_Counted().visit(tree), filename=self._name)
        except COMPILING as error:
            at = error.lineno if isinstance(error, TemplateSyntaxError) else None
            raise TemplateFailed(said_by(error), at) from error
        self._template = environment.template_class.from_code(environment, code, {})

    def render(self, facts: Mapping[str, JsonValue]) -> str:
        """The text; raises TemplateFailed where a value is missing or a cap is met."""
        spent = Spent()
        try:
            return _joined(self._template.generate({**facts, SPENT: spent}), spent)
        except TemplateFailed as failure:
            raise TemplateFailed(failure.reason, self._line(failure)) from failure
        except RENDERING as error:
            raise TemplateFailed(said_by(error), self._line(error)) from error

    def _line(self, error: BaseException) -> int | None:
        frames = traceback.extract_tb(error.__traceback__)
        return next((frame.lineno for frame in reversed(frames) if frame.filename == self._name), None)


class _Counted(NodeTransformer):
    """Makes every loop look at the time at each turn."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802
        node.iter = nodes.Filter(node.iter, STEP, [], [], None, None, lineno=node.lineno)
        return self.generic_visit(node)


@pass_context
def _counted(context: Context, items: object) -> Iterator[object]:
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise TemplateFailed(f"a loop is for a list, not for {kind(items)}")
    spent = context[SPENT]
    for item in items:
        spent.check()
        yield item


def _joined(parts: Iterator[str], spent: Spent) -> str:
    found: list[str] = []
    size = 0
    for part in parts:
        spent.check()
        size += len(part.encode(errors="replace"))
        if size > LONGEST:
            raise TemplateFailed(f"the text has more than {LONGEST // 1024} kB")
        found.append(part)
    return "".join(found)


def _unknown(name: str, known: Mapping[str, object]) -> str:
    return f"there is no {name} here; there are {', '.join(sorted(known))}"


def said_by(error: BaseException) -> str:
    """An error of the template engine in one line."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return " ".join(str(error).split())[:200] or type(error).__name__
