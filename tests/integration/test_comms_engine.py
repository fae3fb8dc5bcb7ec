"""Messages through the real engine to a real mail server: what is declared and posted arrives, each once."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.comms.channels import Setup, open_channels
from bot.comms.messages import TemplateMessages
from bot.config.template_files import load_templates
from bot.domain import events as e
from bot.playground.mail import MailSink
from tests.integration.lab import Lab, make_lab

TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.fixture
def lab(database_url: str, tmp_path: Path, smtp_sink: MailSink) -> Iterator[Lab]:
    """A laboratory whose messages go to the sink; alice and bob are called for."""
    lab = make_lab(
        database_url,
        tmp_path,
        itertools.count(1),
        {},
        senders={"email": "DR Bot <dr@example.com>"},
        notifications={"sev1": {"recipients": ["leads"], "channels": ["phone", "email", "sms"]}},
    )
    templates, problems = load_templates(TEMPLATES)
    assert not problems
    channels = open_channels(Setup(lab.desk.plan.senders, SecretStr(smtp_sink.url)))
    lab.desk = replace(lab.desk, messages=TemplateMessages(lab.desk.plan, templates, channels, "http://127.0.0.1:8080"))
    yield lab
    lab.close()


def sent(lab: Lab, incident: str, count: int) -> list[e.NotificationSent]:
    """What the timeline says was sent, once it says so often enough."""
    deadline = time.monotonic() + 20
    while True:
        found = [row.event for row in lab.desk.timeline(incident) if isinstance(row.event, e.NotificationSent)]
        if len(found) >= count or time.monotonic() > deadline:
            return found
        time.sleep(0.03)


def test_a_declare_and_its_first_update_reach_everyone_called_for(lab: Lab, smtp_sink: MailSink) -> None:
    """Two people, two mails for the declare, two with the very text of the update; the timeline says that they went out."""
    with lab.running():
        incident = lab.declare("us-west-2 is down")
        assert len(sent(lab, incident.id, 2)) == 2
        opening = smtp_sink.messages[:]
        lab.advance(30 * 60)
        receipts = sent(lab, incident.id, 4)
    assert {mail.recipients for mail in opening} == {("alice@example.com",), ("bob@example.com",)}
    assert {mail.subject for mail in opening} == {f"[SEV1] {incident.id} us-west-2 is down"}
    updates = smtp_sink.messages[2:]
    posted = [row.event for row in lab.desk.timeline(incident.id) if isinstance(row.event, e.UpdatePosted)]
    assert [mail.text.strip().splitlines() for mail in updates] == [posted[0].text.splitlines()] * 2
    assert sorted(mail.message_id for mail in smtp_sink.messages) == sorted(it.message_id for it in receipts)
    assert len({it.message_id for it in receipts}) == 4
