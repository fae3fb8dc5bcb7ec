"""What a template may say: values, filters, conditions, loops over what the incident holds. Nothing that computes.

Without calls, arithmetic, assignments, macros and captured output no part of a template can grow or run beyond the data
that it is given, except by loops in loops; those are timed where they run. Why: docs/decisions/templates-are-capped.md.
"""

from collections.abc import Iterator

from jinja2 import nodes

FILTERS = ("capitalize", "default", "duration", "join", "length", "lower", "time", "trim", "upper")
TESTS = ("defined", "none", "undefined")
ALLOWED: frozenset[type[nodes.Node]] = frozenset(
    {
        nodes.Template,
        nodes.Output,
        nodes.TemplateData,
        nodes.Name,
        nodes.Const,
        nodes.Getattr,
        nodes.Getitem,
        nodes.Filter,
        nodes.Test,
        nodes.If,
        nodes.CondExpr,
        nodes.For,
        nodes.Compare,
        nodes.Operand,
        nodes.And,
        nodes.Or,
        nodes.Not,
        nodes.Neg,
        nodes.List,
        nodes.Tuple,
    }
)

REFUSED: dict[type[nodes.Node], str] = {
    nodes.Call: "a template can't call anything; use a filter, such as {{ x | upper }}",
    nodes.BinExpr: "a template can't compute; let the text stand beside the value",
    nodes.Concat: "a template can't join with ~; write the values one after the other",
    nodes.Assign: "a template can't set values; write the value where it belongs",
    nodes.AssignBlock: "a template can't set values; write the text where it belongs",
    nodes.Macro: "a template has no macros; write the text where it belongs",
    nodes.Include: "a template can't include another; write the text here",
}
OTHERWISE = "a template can't use this; values, filters, if and for are what there is"


def violations(tree: nodes.Template) -> list[tuple[int, str]]:
    """What a template says that it may not: line and sentence (`what; what to do`), in the order of the lines."""
    return sorted({(node.lineno, said) for node in every(tree) if (said := _violation(node))})


def every(tree: nodes.Node) -> Iterator[nodes.Node]:
    """A node and all that is below it."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.iter_child_nodes())


def _violation(node: nodes.Node) -> str:
    if type(node) not in ALLOWED:
        return next((said for kind, said in REFUSED.items() if isinstance(node, kind)), OTHERWISE)
    if isinstance(node, nodes.For) and (node.recursive or not isinstance(node.target, nodes.Name)):
        return "a loop is of another kind here; write {% for x in list %}"
    if isinstance(node, nodes.List | nodes.Tuple) and not all(isinstance(item, nodes.Const) for item in node.items):
        return "a list in a template holds more than plain texts and numbers; write out what it holds"
    if isinstance(node, nodes.Name) and node.name.startswith("_"):
        return f"{node.name} begins with an underscore; no value does"
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        return f"there is no filter {node.name}; there are {', '.join(FILTERS)}"
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        return f"there is no test {node.name}; there are {', '.join(TESTS)}"
    return ""
