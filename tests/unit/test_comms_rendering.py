"""Templates: what they may say, what they can't do, and what goes out when one can't be used."""

import time
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from bot.comms.failure import TemplateFailed
from bot.comms.filters import LONGEST, filters
from bot.comms.preview import preview
from bot.config.template_grammar import FILTERS
from bot.domain import events as e
from bot.domain.template import Template
from bot.engine.ports import Delivery
from tests.unit.comms_builders import Shelf, caused, messages, night, project_plan, promoted, template

NAUGHTY = [
    "{{ 7*7 }}",
    "{% for x in range(10) %}x{% endfor %}",
    "{{ ''.__class__.__mro__ }}",
    "{# hidden #}",
    "${incident.id}",
    "a\r\nBcc: everyone@example.com",
    "a\u2028b\x0bc\x85d",
    "\u202etxt.exe\u2066",
    "x\x00y\x1b[31m",
    "\ud800 lone",
    "*" * 50,
    "<!channel> <@U0ALICE> &amp;",
    "数据库 عربى 😀",
    "x" * 10_000,
]
LOOPS = "{% for a in incident.list %}{% for b in incident.list %}{% for c in incident.list %}"
ENDLESS = LOOPS + "{% if a == b %}{% endif %}" + "{% endfor %}" * 3


def fails(body: str) -> TemplateFailed:
    """Why a body can't be used."""
    with pytest.raises(TemplateFailed) as caught:
        preview(template(body)["status_update"], project_plan())
    return caught.value


def shows(body: str) -> str:
    return preview(template(body)["status_update"], project_plan())["body"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("{{ incident.id }} {{ severity }} {{ system.title }}", "INC-7 SEV1 Customer Database"),
        ("{{ objectives.rto | duration }} {{ measured.rto | duration }}", "1 h 39 min"),
        ("{{ incident.since | time }} {{ update.next_due | time }}", "02:55 04:04"),
        ("{{ incident.mitigated_at | time }}", "a time that is not set"),
        ("{{ measured.data_loss | duration }}", "unknown"),
        ("{{ incident.title | upper | trim }}", "US-WEST-2 IS DOWN"),
        ("{% if severity in ['SEV1', 'SEV2'] and not incident.drill %}wake{% else %}sleep{% endif %}", "wake"),
        ("{% for name in ['a', 'b'] if name != 'a' %}{{ loop.index }}{{ name }}{% endfor %}", "1b"),
        ("{{ ['a', 'b'] | join(' and ') }}", "a and b"),
        ("{{ incident.nothing | default('-') }}{{ nothing | default('-') }}", "--"),
        ("a   \n\n\n\nb", "a\n\nb"),
    ],
)
def test_what_templates_can_say(body: str, text: str) -> None:
    """Values, filters, conditions and loops over what there is."""
    assert shows(body) == text


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{{ 'x' * 200000000 }}", "can't compute"),
        ("{{ 10 ** 10 ** 10 }}", "can't compute"),
        ("{{ '%0999999999d' % 1 }}", "can't compute"),
        ("{{ incident.id ~ incident.id }}", "can't join with ~"),
        ("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", "can't call anything"),
        ("{{ '{:>999999999}'.format(1) }}", "can't call anything"),
        ("{% set x = 'a' %}", "can't set values"),
        ("{% set x %}a{% endset %}", "can't set values"),
        ("{% macro m() %}{% endmacro %}", "no macros"),
        ("{% include '/etc/passwd' %}", "can't include"),
        ("{% extends 'x' %}", "can't use this"),
        ("{% import 'x' as y %}", "can't use this"),
        ("{% filter upper %}a{% endfilter %}", "can't use this"),
        ("{% for a in [[1], [2]] %}{% endfor %}", "more than plain texts and numbers"),
        ("{% for a in incident recursive %}{% endfor %}", "a loop is of another kind here"),
        ("{{ _step }}{{ _spent }}", "begins with an underscore"),
        ("{{ incident.title | replace('a', 'b') }}", "there is no filter replace; there are capitalize"),
        ("{{ 3 is divisibleby 3 }}", "there is no test divisibleby"),
        ("{{ incident }}", "not a mapping"),
        ("{% for a in incident.title %}{% endfor %}", "a loop is for a list, not for a text"),
        ("{{ incident.title | join }}", "`join` is for a list, not for a text"),
        ("{{ incident.title | duration }}", "`duration` is for a number of seconds, not for a text"),
        ("{{ 3 | time }}", "`time` is for a moment"),
        ("{{ incident.titel }}", "there is no titel here; there are ack_url, commander"),
        ("{{ nonsense }}", "'nonsense' is undefined"),
        ("{% if %}", "Expected an expression"),
        ("{{ " + "9" * 5000 + " }}", "4300 digits"),
        ("{{ " + "(" * 4000 + "1" + ")" * 4000 + " }}", "nested too deeply"),
        ("x" * 9000 + "{{ '" + "y" * 900 + "' | join }}", "`join` is for a list"),
    ],
)
def test_what_templates_can_not_say(body: str, reason: str) -> None:
    """Everything that could compute, call, capture or reach out is refused, with a sentence for its author."""
    assert reason in fails(body).reason


@pytest.mark.parametrize(
    "body",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ incident.__class__ }}",
        "{{ incident['__class__'] }}",
        "{{ self.__init__ }}",
        "{{ self._TemplateReference__context }}",
        "{% for a in ['x'] %}{{ loop.__class__ }}{% endfor %}",
        "{{ incident.title.format }}",
        "{{ incident.keys }}",
    ],
)
def test_a_template_can_not_leave_its_sandbox(body: str) -> None:
    """No attribute of any Python object is reached."""
    assert fails(body).line == 1


def test_the_line_of_a_fault_is_named() -> None:
    """Counted in the template's text, whether it fails to compile or to fill."""
    assert str(fails("a\nb\n{{ nonsense }}")) == "status_update, body, line 3: 'nonsense' is undefined"
    assert "line 2: a template can't call" in str(fails("a\n{{ x() }}"))


def with_a_list(delivery: Delivery) -> Delivery:
    """The delivery with a list among its facts, as a later version may have one."""
    incident = delivery.fields["incident"]
    assert isinstance(incident, dict)
    return replace(delivery, fields={**delivery.fields, "incident": {**incident, "list": list(range(500))}})


def test_an_endless_loop_is_cut_and_the_safe_text_goes_out() -> None:
    """A hundred million turns are cut within the cap; the text says why, and holds the sections all the same."""
    shelf = Shelf()
    sender = messages(shelf, templates=template(ENDLESS, "initial_notification"))
    first = with_a_list(caused(night(), sender)[0])
    begun = time.thread_time()
    with capture_logs() as logged:
        sender.deliver(first)
    assert time.thread_time() - begun < 5
    text = shelf.kept[0][1].text
    assert "can't be used: line 1: the template takes more than 0.25 s" in text
    assert [entry["event"] for entry in logged] == ["template_failed"]


def test_a_text_without_end_is_cut() -> None:
    """Output beyond 64 kB is never collected."""
    shelf = Shelf()
    sender = messages(shelf, templates=template(LOOPS + "0123456789" + "{% endfor %}" * 3, "initial_notification"))
    first = with_a_list(caused(night(), sender)[0])
    sender.deliver(first)
    text = shelf.kept[0][1].text
    assert "the text has more than 64 kB" in text
    assert len(text) < LONGEST


def test_a_broken_template_goes_out_in_the_plain_form() -> None:
    """The update keeps its four sections and says what is wrong with the template."""
    story = promoted()
    broken = template("{{ nonsense }}", required=["current_status", "progress", "challenges", "eta"])
    text, sections = messages(templates=broken).update(story.incident, story.now)
    assert text.startswith("*INC-7 · SEV1 · Customer Database: status update*\nus-west-2 is down\n\n*Current status.* ")
    assert "*ETA.* Back by" in text
    assert text.endswith(
        "(This is the plain form: the template status_update can't be used: line 1: 'nonsense' is undefined)"
    )
    assert len(sections) == 4


def test_without_any_template_the_messages_go_out() -> None:
    """An empty folder costs the form, not the news."""
    story = promoted()
    bare = messages(templates={})
    assert "*Progress.* 3 of 5 steps." in bare.update(story.incident, story.now)[0]
    assert "*Impact.* Customer Database" in bare.message("resolution", story.incident, story.now, {})


def test_a_required_section_that_the_body_forgets_is_added() -> None:
    """What is required is shown, whatever the body leaves out."""
    story = night()
    own = template("Now: {{ current_status }}", required=["current_status", "eta"])
    text = messages(templates=own).update(story.incident, story.now)[0]
    assert text.splitlines()[-1].startswith("*ETA.* No estimate")


@pytest.mark.parametrize("naughty", NAUGHTY)
def test_what_people_type_never_runs_and_never_breaks_a_line(naughty: str) -> None:
    """A title is data: it comes out as it went in, in one line, without what reorders or ends lines."""
    shelf = Shelf()
    sender = messages(shelf)
    story = night()
    declared = story.rows[0].event
    assert isinstance(declared, e.IncidentDeclared)
    event = declared.model_copy(update={"title": naughty, "description": naughty})
    incident = replace(story.incident, title=naughty, description=naughty)
    for delivery in sender.caused_by(None, incident, (replace(story.rows[0], event=event),)):
        sender.deliver(delivery)
    subject, text = shelf.kept[0][1].subject, shelf.kept[0][1].text
    assert subject.startswith("[SEV1] INC-7 ")
    assert subject.isprintable()
    assert len(subject) <= 200
    assert text.splitlines()[0] == "*INC-7 · SEV1 · Customer Database*"
    assert "49" not in subject
    assert not {"\x00", "\x1b", "\u202e", "\u2066", "\u2028", "\r"} & {*text}
    if naughty.isprintable() and len(naughty) < 180:
        assert naughty in subject
        assert naughty in text


def test_a_drill_says_so_whatever_the_template_says() -> None:
    """Neither subject nor text of a drill can be taken for the real thing."""
    drill = night(environment="staging", drill=True)
    shelf = Shelf()
    plain = template("{{ incident.title }}\nis down", "initial_notification")
    sender = messages(shelf, templates=plain)
    sender.deliver(caused(drill, sender)[0])
    message = shelf.kept[0][1]
    assert message.subject == "[DRILL] INC-7 us-west-2 is down"
    assert message.text == "*DRILL*\nus-west-2 is down\nis down"


def test_the_safe_text_of_a_drill_says_so_too() -> None:
    """The plain form of a drill is marked."""
    drill = night(environment="staging", drill=True)
    assert messages(templates={}).update(drill.incident, drill.now)[0].startswith("*DRILL · INC-7")


def test_templates_are_previewed_with_every_channel() -> None:
    """The author sees the texts for SMS and phone too."""
    own = Template.model_validate(
        {"template": "x", "channels": {"sms": "{{ incident.id }}", "phone": "{{ severity }}"}, "body": "b"}
    )
    assert preview(own, project_plan()) == {"body": "b", "sms": "INC-7", "phone": "SEV1"}


def test_the_grammar_and_the_filters_agree() -> None:
    """What `dr check` lets through is what there is."""
    assert set(filters(ZoneInfo("UTC"))) == set(FILTERS)
