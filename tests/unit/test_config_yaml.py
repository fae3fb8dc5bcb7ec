"""The strict reader: what a reviewer reads is what the machine reads, or it is refused with its place."""

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.config.strict_yaml import read_document

BOMB = "a: &a {k: v}\n" + "".join(
    f"{c}: &{c} {{<<: [*{p}, *{p}, *{p}, *{p}, *{p}, *{p}, *{p}]}}\n"
    for p, c in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("region: no", {"region": "no"}),
        ("on: yes", {"on": "yes"}),
        ("timeout: 1:30", {"timeout": "1:30"}),
        ("port: 0777", {"port": "0777"}),
        ("a: 0x1F", {"a": "0x1F"}),
        ("a: 1e3", {"a": "1e3"}),
        ("a: 1_000", {"a": "1_000"}),
        ("a: .inf", {"a": ".inf"}),
        ("a: 2026-11-22", {"a": "2026-11-22"}),
        ("a: +12025550101", {"a": "+12025550101"}),
        ("111111111111: x", {"111111111111": "x"}),
        ("a: " + "9" * 5000, {"a": "9" * 5000}),
        ("a: 12", {"a": 12}),
        ("a: -0.5", {"a": -0.5}),
        ("a: true", {"a": True}),
        ("a: 'true'", {"a": "true"}),
        ("a: null", {"a": None}),
        ("a: [1, {b: c}]", {"a": [1, {"b": "c"}]}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
    ],
)
def test_a_scalar_is_text_unless_it_is_plainly_something_else(text: str, value: object) -> None:
    """The implicit booleans, sexagesimals, octals and dates of YAML 1.1 are the texts that stand there."""
    document = read_document(text, "f.yml")
    assert document.value == value
    assert document.problems == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yml:3:1: a: the key stands twice, in line 1 and in line 3"),
        ("x: {k: 1, k: 2}\n", "f.yml:1:11: x.k: the key stands twice, in line 1 and in line 1"),
        ("a: &x 1\n", "f.yml:1:4: a: anchors"),
        ("a: 1\nb: *a\n", "f.yml:2:4: b: anchors"),
        ("a:\n  <<: {b: 1}\n", "f.yml:2:3: a.<<: merge keys"),
        ("a: !!python/object/apply:os.system [id]\n", "f.yml:1:4: a: tags"),
        ("a: !!str 1\n", "f.yml:1:4: a: tags"),
        ("%YAML 1.1\n---\na: 1\n", "f.yml:1:1: the file has a % directive"),
        ("a: 1\n---\nb: 2\n", "f.yml:2:1: a second document"),
        ("? [a]\n: 1\n", "f.yml:1:3: a key must be a text"),
        ("a:\nb: 1\n", "f.yml:1:3: a: the value is missing"),
        ("a:\n\tb: 1\n", "f.yml:2:1: this is not valid YAML"),
        ("a: [1\n", "f.yml:2:1: this is not valid YAML"),
        ("a: {b: ${system.id}}\n", "f.yml:1:9: this is not valid YAML"),
        ('a: "\\0"\n', "f.yml:1:4: a: the text holds a character that can't be seen"),
        ('a: "\\ud800"\n', "f.yml:1:"),
        ('a: "\\u202e"\n', "f.yml:1:4: a: the text holds a character that can't be seen"),
        ('a: "\\U00110000"\n', "f.yml:1:"),
        ("", "f.yml:1:1: the file is empty"),
        ("# nothing\n", "f.yml:1:1: the file is empty"),
    ],
)
@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader])
def test_what_misleads_a_reviewer_is_refused_with_its_place(text: str, expected: str, loader: object) -> None:
    """Each danger of YAML is one problem that names file, line, column and the way out, whichever parser reads."""
    problems = [str(problem) for problem in read_document(text, "f.yml", loader=loader).problems]
    assert problems[0].startswith(expected)
    assert problems[0].endswith(")")


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("a:\n\tb: 1\n", "indent with spaces, not with tabs"),
        ("a: {b: ${system.id}}\n", 'put look-ups in quotes: "${system.id}"'),
        ('a: "\\q"\n', "put the text in single quotes, which know no escapes"),
        ("a: b: c\n", "look at the indentation, and put texts that hold : # [ ] { } in quotes"),
    ],
)
def test_a_slip_of_syntax_comes_with_its_likely_cause(text: str, fix: str) -> None:
    """The parser's words are for experts; the fix beside them is for whoever edits at night."""
    assert read_document(text, "f.yml").problems[0].fix == fix


def test_everything_wrong_in_a_file_is_said_at_once() -> None:
    """Tags, aliases and repeated keys in one file are all reported, in their order."""
    document = read_document("a: !x 1\nb: *b\nc: 1\nc: 2\nd:\n  e: 1\n  e: 2\n", "f.yml")
    assert [problem.line for problem in document.problems] == [1, 2, 4, 7]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("merge keys", BOMB),
        (
            "aliases",
            "a: &a [x]\n"
            + "".join(f"{c}: &{c} [{', '.join([f'*{p}'] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)),
        ),
        ("steps", "steps:\n" + "- {id: a}\n" * 100_000),
        ("flow depth", "[" * 100_000),
        ("block depth", "- " * 100_000),
        ("key depth", "? " * 100_000),
        ("mapping depth", "".join(" " * depth + "a:\n" for depth in range(300))),
        ("anchors", "- &a x\n" * 50_000),
    ],
)
def test_a_bomb_is_refused_before_it_bursts(name: str, text: str) -> None:
    """Nothing is expanded or built beyond the caps, so that no file can hold up the bot."""
    started = time.thread_time()
    document = read_document(text, name)
    assert document.problems
    assert time.thread_time() - started < 5


@given(st.text(alphabet="ab:-?*&!|>{}[],#'\"%@`\\ \n\t0$<~", max_size=60))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    """Whatever stands in a file, it is read or refused with a place that lies in it."""
    document = read_document(text, "f.yml")
    for problem in document.problems:
        assert 1 <= problem.line <= text.count("\n") + 2
        assert problem.column >= 1
