"""The AWS operations that the source calls exist, and deploy/iam-policy.json allows these and nothing else."""

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import get_session

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for path in (ROOT / "bot").rglob("*.py") if "playground" not in path.parts)
POLICY = json.loads((ROOT / "deploy" / "iam-policy.json").read_text(encoding="utf-8"))
MAKERS = {"aws", "aws_writer", "client", "_make"}  # whatever makes a client takes the service's name first
PREFIXES = {"elbv2": "elasticloadbalancing"}  # where IAM calls a service otherwise than boto3 does


@cache
def operations_of(service: str) -> dict[str, str]:
    """Method name -> operation name."""
    return {xform_name(name): name for name in get_session().get_service_model(service).operation_names}


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file with the name of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id, node


def first_text(call: ast.Call) -> str | None:
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def services_of(tree: ast.AST) -> set[str]:
    return {text for name, call in calls(tree) if name in MAKERS and (text := first_text(call)) is not None}


def methods_of(tree: ast.AST) -> set[str]:
    """The methods called in a file; a paginator's stands for its operation."""
    return {(first_text(call) or name) if name == "get_paginator" else name for name, call in calls(tree)}


def called_on_clients(tree: ast.AST) -> set[str]:
    """The methods called on what is surely a client: one just made, or one named so."""
    found = set()
    for name, call in calls(tree):
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
        is_named = isinstance(receiver, ast.Name) and receiver.id == "client"
        is_made = isinstance(receiver, ast.Call) and services_of(ast.Expression(receiver)) != set()
        if is_named or is_made:
            found.add((first_text(call) or name) if name == "get_paginator" else name)
    return found - {"paginate"}


def used(path: Path) -> set[str]:
    """The operations that a file calls, as IAM names them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    methods = methods_of(tree)
    return {
        f"{PREFIXES.get(service, service)}:{operation}"
        for service in services_of(tree)
        for method, operation in operations_of(service).items()
        if method in methods
    }


def allowed() -> list[str]:
    return [action for statement in POLICY["Statement"] for action in statement["Action"]]


def test_policy_allows_what_is_used_and_nothing_else() -> None:
    """Every operation that the source calls is allowed, once, and no other."""
    assert sorted(allowed()) == sorted(set().union(*map(used, SOURCES)))


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if services_of(ast.parse(path.read_text()))], ids=lambda path: path.stem
)
def test_operations_exist(path: Path) -> None:
    """Whatever is called on an AWS client is an operation of a service that the file names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = {method for service in services_of(tree) for method in operations_of(service)}
    assert called_on_clients(tree) - known == set()


def test_what_changes_something_is_bound() -> None:
    """No statement that changes something holds for every resource, and each is bound to names or tags."""
    for statement in POLICY["Statement"]:
        if is_changing(statement) and statement["Action"] != ["sts:AssumeRole"]:
            assert "*" not in statement["Resource"], statement["Sid"]
            assert statement["Condition"], statement["Sid"]


def is_changing(statement: dict[str, Any]) -> bool:
    return any(not action.partition(":")[2].startswith(("Describe", "Get", "List")) for action in statement["Action"])
