"""Plain dotted look-ups."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.lookups import LookupFailed, paths, resolve

SCOPE = {
    "system": {"id": "shop", "rpo": 300, "backup": None, "on": True},
    "target": {"replica": {"host": "east", "port": 5432}, "list": [1, 2]},
    "evil": {"text": "${system.id}"},
}


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ("${target.replica}", {"host": "east", "port": 5432}),
        ("${system.rpo}", 300),
        ("${target.list}", [1, 2]),
        ("${system.id}-5xx", "shop-5xx"),
        ("${target.replica.host}:${target.replica.port}", "east:5432"),
        ("on=${system.on}", "on=true"),
        ("no look-up, $5 {a}", "no look-up, $5 {a}"),
        ({"a": ["${system.id}", 1, None]}, {"a": ["shop", 1, None]}),
        ("${evil.text}", "${system.id}"),
        ("x${evil.text}", "x${system.id}"),
    ],
)
def test_a_lookup_finds_what_stands_there(value: object, resolved: object) -> None:
    """A whole look-up keeps its type, an embedded one becomes text, and what was put in is not read again."""
    assert resolve(value, SCOPE) == resolved


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("${system.name}", "system.name"),
        ("${system.backup}", "system.backup"),
        ("${system.backup.locations}", "system.backup.locations"),
        ("${system.id.length}", "system.id.length"),
        ("${nobody}", "nobody"),
        ("x ${target.replica}", "target.replica"),
        ("x ${target.list}", "target.list"),
        ("${target.list.0}", "target.list.0"),
    ],
)
def test_a_lookup_that_leads_to_nothing_fails_by_name(value: str, path: str) -> None:
    """What resolves to nothing, to null, or to no text inside a text stops, and says which look-up it was."""
    with pytest.raises(LookupFailed) as failed:
        resolve(value, SCOPE)
    assert failed.value.path == path


@pytest.mark.parametrize(
    "value", ["${", "${}", "${a b}", "${a.}", "${a|upper}", "${a.${b}}", "${a", "${__class__.__x}()${"]
)
def test_what_only_looks_like_a_lookup_is_refused(value: str) -> None:
    """There are no expressions: anything between the braces but names and dots is an error."""
    with pytest.raises(LookupFailed):
        paths(value)
    with pytest.raises(LookupFailed):
        resolve(value, SCOPE)


def test_a_lookup_in_a_key_is_refused() -> None:
    """Keys are written out; a look-up there would never have been followed."""
    with pytest.raises(LookupFailed, match="key"):
        resolve({"${system.id}": 1}, SCOPE)


def test_paths_names_every_lookup() -> None:
    """All look-ups of a value are known before anything is resolved."""
    assert paths({"a": ["${x.y}", {"b": "${z}-${x.y}"}], "c": 3}) == {"x.y", "z"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet=st.characters(blacklist_characters="$")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet="abc"), inner),
    max_leaves=10,
)


@given(JSON)
def test_a_value_without_lookups_stays_as_it_is(value: object) -> None:
    """Resolving changes nothing but look-ups."""
    assert resolve(value, SCOPE) == value
