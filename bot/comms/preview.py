"""What a template makes of a made-up incident, for its author."""

from bot.comms.drafts import sections
from bot.comms.facts import facts
from bot.comms.failure import TemplateFailed
from bot.comms.sample import WRITTEN, sample
from bot.comms.texts import Texts
from bot.domain.plan import RecoveryPlan
from bot.domain.template import Template


def preview(template: Template, plan: RecoveryPlan, url: str = "http://127.0.0.1:8080") -> dict[str, str]:
    """Every text of a template by its piece: `body`, `subject`, `sms`, `phone`; raises TemplateFailed, the piece named."""
    view = sample(plan)
    texts = Texts({template.id: template}, view.zone)
    known = facts(view, url, sections(view, texts.sections(template.id), WRITTEN), missed=1)
    words = texts.words(template.id)
    shown: dict[str, str] = {}
    for piece in words.sources:
        try:
            shown[piece] = words.render(piece, known)
        except TemplateFailed as failure:
            raise TemplateFailed(failure.reason, failure.line, f"{template.id}, {piece}") from failure
    return shown
