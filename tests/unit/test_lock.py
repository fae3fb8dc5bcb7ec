"""What is installed is what pyproject.toml asks for."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def locked() -> dict[str, set[str]]:
    """Package -> its versions in the lock; there may be several, for several Pythons."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^ ;]+)", LOCK, re.MULTILINE):
        found.setdefault(canonicalize_name(name), set()).add(version)
    return found


def required() -> Iterator[Requirement]:
    """Everything that pyproject.toml names, for installing, for the extras and for building."""
    extras = PROJECT["project"]["optional-dependencies"].values()
    groups = [PROJECT["project"]["dependencies"], PROJECT["build-system"]["requires"], *extras]
    for line in (line for group in groups for line in group):
        requirement = Requirement(line)
        if requirement.name != PROJECT["project"]["name"]:
            yield requirement


def test_the_lock_holds_every_direct_dependency_at_a_version_that_fits() -> None:
    """Whoever changes pyproject.toml and forgets `make lock` is told which package does not fit."""
    versions = locked()
    wrong = {
        str(requirement): versions.get(canonicalize_name(requirement.name))
        for requirement in required()
        if not (found := versions.get(canonicalize_name(requirement.name)))
        or not all(requirement.specifier.contains(version) for version in found)
    }
    assert wrong == {}


def test_the_lock_names_no_host_and_has_a_hash_for_everything() -> None:
    """It can be used with any mirror, and nothing else than what was resolved is installed."""
    assert "://" not in LOCK
    entries = re.split(r"^(?=[\w.-]+==)", LOCK, flags=re.MULTILINE)[1:]
    assert len(entries) == sum(map(len, locked().values()))
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
