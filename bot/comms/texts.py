"""Every template, compiled once: texts that always come out, on time, whatever the template says."""

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

import structlog

from bot.comms.clean import one_line
from bot.comms.drafts import STANDARD
from bot.comms.failure import TemplateFailed
from bot.comms.rendering import Environment, Piece
from bot.comms.safe_text import field, heading, safe_head, safe_text
from bot.domain.model import JsonValue
from bot.domain.template import Template

Facts = Mapping[str, JsonValue]
DRILL = "DRILL"
log = structlog.get_logger()


class Words:
    """One template's texts: the body, and what single channels show instead. Each is compiled when it is first needed."""

    def __init__(self, template: Template, environment: Environment) -> None:
        self.template = template
        self.sources = sources(template)
        self._environment = environment
        self._pieces: dict[str, Piece] = {}

    def render(self, name: str, facts: Facts) -> str:
        """One text (`body`, `subject`, `sms`, `phone`); raises TemplateFailed, KeyError if the template has none."""
        piece = self._piece(name)
        text = piece.render(facts)
        if name != "body":
            return marked(one_line(text), facts)
        return marked(_tidy(text + self._left_out(piece, facts)), facts)

    def _piece(self, name: str) -> Piece:
        if name not in self._pieces:
            self._pieces[name] = Piece(self._environment, self.sources[name], f"{self.template.id}.{name}")
        return self._pieces[name]

    def _left_out(self, body: Piece, facts: Facts) -> str:
        """The required sections that the body doesn't show."""
        left = (name for name in self.template.required if name not in body.names)
        return "".join(f"\n*{heading(name)}.* {facts.get(name, '')}" for name in left)


class Texts:
    """All templates by id, with times of day in one zone."""

    def __init__(self, templates: Mapping[str, Template], zone: ZoneInfo) -> None:
        environment = Environment(zone)
        self._words = {id_: Words(template, environment) for id_, template in templates.items()}

    def sections(self, template: str) -> tuple[str, ...]:
        """The sections that a message is made of: those that its template requires, and those that it has in any case."""
        words = self._words.get(template)
        required = words.template.required if words else ()
        return tuple(dict.fromkeys((*required, *STANDARD.get(template, ()))))

    def words(self, template: str) -> Words:
        """One template's texts; KeyError if there is none."""
        return self._words[template]

    def body(self, template: str, facts: Facts) -> str:
        """The whole text. Where the template can't be used: the same in a plain form that says so."""
        try:
            return self._render(template, "body", facts)
        except TemplateFailed as failure:
            log.warning("template_failed", template=template, text="body", reason=str(failure))
            return safe_text(template, facts, self.sections(template), str(failure))

    def subject(self, template: str, facts: Facts) -> str:
        """One line for an email's head."""
        try:
            return self._render(template, "subject", facts) or one_line(safe_head(template, facts))
        except TemplateFailed as failure:
            log.warning("template_failed", template=template, text="subject", reason=str(failure))
            return one_line(safe_head(template, facts))

    def _render(self, template: str, name: str, facts: Facts) -> str:
        words = self._words.get(template)
        if words is None:
            raise TemplateFailed(f"there is no sound template {template}; dr check says why")
        if name not in words.sources:
            return ""
        return words.render(name, facts)


def sources(template: Template) -> dict[str, str]:
    """What a template is made of, each piece by its name."""
    channels = template.channels
    subject = channels.email.subject if channels.email else None
    pieces = {"body": template.body, "subject": subject, "sms": channels.sms, "phone": channels.phone}
    return {name: source for name, source in pieces.items() if source is not None}


def marked(text: str, facts: Facts) -> str:
    """The text; in a drill it says so first, whatever the template says, so that nobody takes it for the real thing."""
    if not field(facts, "drill") or DRILL in text.partition("\n")[0]:
        return text
    return f"*{DRILL}*\n{text}" if "\n" in text else f"[{DRILL}] {text}"


def _tidy(text: str) -> str:
    """No blanks at the ends of lines, never two empty lines together."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip()
