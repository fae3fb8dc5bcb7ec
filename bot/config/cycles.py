"""Circles in what needs what."""

from collections.abc import Iterable, Iterator, Mapping


def cycles(needs: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """The circles among things that need each other; names that are no keys are passed over."""
    found: list[tuple[str, ...]] = []
    done: set[str] = set()
    for start in needs:
        path: list[str] = []
        ahead: list[Iterator[str]] = []
        follow: str | None = None if start in done else start
        while follow or ahead:
            if follow is None:
                done.add(path.pop())
                ahead.pop()
            elif follow in path:
                found.append(tuple(path[path.index(follow) :]))
            else:
                path.append(follow)
                ahead.append(iter(needs[follow]))
            follow = next((name for name in ahead[-1] if name in needs and name not in done), None) if ahead else None
    return found
