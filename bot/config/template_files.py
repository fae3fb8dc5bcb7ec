"""templates/: YAML between two lines of ---, then the body in Jinja."""

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError, meta, nodes

from bot.config.document import Document, mend
from bot.config.fitting import fit
from bot.config.folder import files_of
from bot.config.strict_yaml import read_document
from bot.config.template_grammar import FILTERS, violations
from bot.config.text import read_text
from bot.domain.problems import ConfigurationError, Problem
from bot.domain.template import Template

FRONT = re.compile(r"---\n(.*?)^---\n(.*)\Z", re.DOTALL | re.MULTILINE)
FIELDS = ("now", "severity", "incident", "system", "objectives", "measured", "update")
"""What every template may use, beside the sections that it requires."""


def load_templates(folder: Path) -> tuple[dict[str, Template], list[Problem]]:
    """The sound templates by id, and what is wrong with all of them."""
    paths, problems = files_of(folder, (".md",))
    templates: dict[str, Template] = {}
    for path in paths:
        template, found = _read(path)
        problems += found
        if template and template.id in templates:
            what = f"another file is the template {template.id} too"
            problems.append(Problem(file=str(path), path="template", message=what, fix="give each file its own id"))
        elif template:
            templates[template.id] = template
    return templates, problems


def _read(path: Path) -> tuple[Template | None, list[Problem]]:
    try:
        text = read_text(path).replace("\r\n", "\n")
    except ConfigurationError as error:
        return None, list(error.problems)
    parts = FRONT.match(text)
    if parts is None:
        fix = "begin with a line ---, the keys, and a line ---, then the body"
        return None, [Problem(file=str(path), message="the front matter is missing", fix=fix)]
    document = read_document(parts[1], str(path), first_line=2)
    if isinstance(document.value, dict):
        document.value["body"] = parts[2]
    fitted = fit(document, Template, {})
    body_line = text.count("\n", 0, parts.start(2)) + 1
    problems = [*fitted.problems, *(_wording(fitted.rest, document, body_line) if fitted.rest else ())]
    is_sound = all(problem.level == "warning" for problem in problems)
    return fitted.whole if is_sound else None, problems


def _wording(template: Template, document: Document, body_line: int) -> Iterator[Problem]:
    used: set[str] = set()
    for path, text in _texts(template):
        line = body_line if path == "body" else document.mark(tuple(path.split("."))).line
        try:
            tree = _parsed(text)
            names = meta.find_undeclared_variables(tree)
        except TemplateSyntaxError as error:
            at = line + error.lineno - 1 if path == "body" else line
            what, fix = f"the template can't be read: {error.message}", "correct it, or write it as plain text"
            yield Problem(file=document.file, line=at, path=path, message=what, fix=fix)
            continue
        for offset, said in violations(tree):
            at = line + offset - 1 if path == "body" else line
            what, _, fix = said.partition("; ")
            yield Problem(file=document.file, line=at, path=path, message=what, fix=fix)
        used |= names
        known = {*FIELDS, *template.required}
        for name in sorted(names - known):
            what = f"nothing is known as {name}"
            yield Problem(
                file=document.file, line=line, path=path, message=what, fix=mend(name, known), level="warning"
            )
    for place, section in enumerate(template.required):
        if section not in used:
            what, fix = f"{section} is required and used nowhere", "put it into the body"
            yield document.problem(("required", place), what, fix, level="warning")


def _parsed(text: str) -> nodes.Template:
    """A text of Jinja with the names of its filters; raises TemplateSyntaxError."""
    environment = Environment(autoescape=False)  # noqa: S701 - nothing is rendered here
    environment.filters.update(dict.fromkeys(FILTERS, str))
    try:
        return environment.parse(text)
    except (RecursionError, ValueError) as error:
        raise TemplateSyntaxError("it is nested too deeply, or a number in it is too long", 1) from error


def _texts(template: Template) -> Iterator[tuple[str, str]]:
    yield "body", template.body
    if template.channels.email:
        yield "channels.email.subject", template.channels.email.subject
    for name in ("sms", "phone"):
        text = getattr(template.channels, name)
        if text:
            yield f"channels.{name}", text
