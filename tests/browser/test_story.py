"""One night in real Chromium: the demo's shop breaks, and three people recover it from three pages with the real bot."""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

import pytest

from bot.playground.binaries import Binaries
from bot.playground.demo_panel import BREAK, DemoPanel
from bot.playground.plan_file import OFTEN
from bot.playground.reckoning import reckon
from bot.playground.room import Room
from bot.playground.seen import Incident
from bot.playground.stage import Stage, staged
from bot.playground.workspace.workspace import Workspace
from tests.browser.conftest import Open
from tests.browser.person import Person

CHANNEL = "dr-1-customer-database"
CARD = "Deputy nobody"  # stands in the incident's card alone
WHY = "nothing more can arrive from a dark region"
ASSESS, TELL, PAGE = "1 · Assess the situation", "2 · Tell the stakeholders", "3 · Activate the DR team"
FIT, FENCE = "4 · Is the replica fit to take over?", "5 · Fence the old primary, and prove it"
PROMOTE, DNS = "6 · Promote the replica", "7 · Point DNS at the recovery region"
TRAFFIC = "8 · Send traffic from the maintenance page to the shop"
HEALTH, VALIDATE = "9 · Check the system's health", "10 · Validate: everything must hold"
CONFIRM, WATCH = "11 · Confirm that the system operates", "12 · Watch it for a while"
DOCUMENT, REVIEW = "13 · Update the documentation", "14 · Review the incident"
STEPS = (
    *(ASSESS, TELL, PAGE, FIT, FENCE, PROMOTE, DNS),
    *(TRAFFIC, HEALTH, VALIDATE, CONFIRM, WATCH, DOCUMENT, REVIEW),
)


@pytest.fixture
def stage(pg_binaries: Binaries) -> Iterator[Stage]:
    """Two regions, a workspace, and `dr serve` in a process of its own."""
    with staged(lambda _: None, OFTEN) as stage:
        yield stage


@pytest.fixture
def panel(stage: Stage) -> Iterator[DemoPanel]:
    """The demo's panel in every page."""
    with closing(DemoPanel(stage, again=lambda: None)) as panel:
        yield panel


@pytest.fixture
def workspace(stage: Stage) -> Workspace:
    """The one that the pages show."""
    return stage.workspace


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """For what goes on beside the pages."""
    with ThreadPoolExecutor() as threads:
        yield threads


def test_three_people_recover_the_shop(
    stage: Stage, panel: DemoPanel, open_page: Open, threads: ThreadPoolExecutor
) -> None:
    """From the broken region to the drafted resolution, by what the page shows; then everything is counted from outside."""
    alice, bob, carol = (Person(open_page(it, "C0ONCALL")) for it in ("U0ALICE", "U0BOB", "U0CAROL"))
    everybody = (alice, bob, carol)
    the_region_breaks(alice, everybody)
    declared(alice)
    called_in((bob, carol))
    beginning = threads.submit(seen, stage)
    done_by(bob, ASSESS, "Bob Brown", everybody)
    risk_is_taken((bob, carol), FIT, everybody)
    declarer_may_not_approve(alice, bob, carol)
    approved_by(bob, FENCE, "i-[0-9a-f]+ is stopped · approved by Bob Brown", everybody)
    promoted(bob, carol, everybody)
    approved_by(carol, DNS, "approved by Carol Chen", everybody)
    approved_by(bob, TRAFFIC, "approved by Bob Brown", everybody)
    ended(alice, bob, carol)
    the_shop_is_back(everybody)
    each_step_is_one_message(everybody)
    assert panel.dark_at is not None
    room = Room(stage.workspace, stage.workspace.channel(CHANNEL).id)
    outcome = reckon(stage, room, beginning.result(), panel.dark_at)
    assert list(outcome.reasons()) == []


def seen(stage: Stage) -> Incident:
    """The incident as the terminal has it now, of which the end must be a continuation."""
    return Incident.model_validate_json(stage.dr.read("show", "INC-1", "--json"))


def the_region_breaks(alice: Person, everybody: Sequence[Person]) -> None:
    """One presses it, all see orders fail."""
    alice.sees(alice.card("The shop"), "working", "orders per second, taken in us-west-2")
    alice.presses(alice.card("us-west-2"), BREAK.label)
    alice.confirms(BREAK.label, BREAK.label)
    for person in everybody:
        person.sees(person.card("The shop"), "failing", "No order since")


def declared(alice: Person) -> None:
    """By the form; its answer leads to the new channel."""
    form = alice.form("Declare an incident")
    alice.insists(lambda: alice.types("/dr declare"), form)
    form.get_by_role("textbox", name="Title").fill("us-west-2 is down")
    alice.chooses(form, "System", "Customer Database")
    alice.chooses(form, "Severity", "SEV1")
    alice.chooses(form, "Runbook", "Fail over to the recovery region")
    alice.submits(form, "Declare")
    answer = alice.message("INC-1 goes on in")
    alice.sees(answer, "Only visible to you", "You are in it.")
    answer.get_by_role("link", name=f"#{CHANNEL}").click()
    alice.sees(alice.message(CARD), "Pinned", "SEV1 · Customer Database", "us-west-2 is down", "Commander @Alice Adams")


def called_in(people: Sequence[Person]) -> None:
    """The alarm has said what to do; they find themselves in the incident's channel."""
    for person in people:
        person.sees(person.message("The shop takes no orders"), "declare an incident: /dr declare")
        person.goes_to(CHANNEL)


def done_by(person: Person, title: str, name: str, everybody: Sequence[Person]) -> None:
    done = f"✅ {title} · {name}"
    person.insists(lambda: person.presses(person.step(title), "Done"), person.step(title).filter(has_text=done))
    all_see(everybody, title, done)


def risk_is_taken(people: Sequence[Person], title: str, everybody: Sequence[Person]) -> None:
    for person in people:
        person.sees(person.step(title), "blocked", "may be lost")
        form = person.form("Accept the risk")
        person.insists(partial(person.presses, person.step(title), "Accept the risk"), form)
        form.get_by_role("textbox", name="Why is this risk taken?").fill(WHY)
        person.submits(form, "Accept the risk")
    for each in everybody:
        each.sees_none(each.step(title).get_by_role("button", name="Accept the risk"))


def declarer_may_not_approve(alice: Person, *others: Person) -> None:
    """It is said to her alone, and counts nothing."""
    told = "neither declared the incident nor asked for this step"
    alice.insists(lambda: alice.presses(alice.step(FENCE), "Approve"), alice.message(told))
    alice.sees(alice.message(told), "Only visible to you", "You declared it", "Bob Brown")
    for other in others:
        other.sees(other.step(FENCE), "needs 1 approval")
        other.sees_none(other.message(told))


def approved_by(person: Person, title: str, ended: str, everybody: Sequence[Person]) -> None:
    """In each page the same message changes where it stands, from the plan to what came of it."""
    all_see(everybody, title, "needs 1 approval")
    asking = [each.step(title).element_handle() for each in everybody]
    button = person.page.get_by_role("button", name=re.compile("^Approve"))
    person.insists(lambda: person.presses(person.step(title), "Approve"), person.step(title).filter(has_not=button))
    all_see(everybody, title, re.compile(f"✅ {title}.* · {ended}"))
    assert all(node.evaluate("it => it.isConnected && it.textContent.includes('✅')") for node in asking)


def promoted(bob: Person, carol: Person, everybody: Sequence[Person]) -> None:
    """Two approvals and one more for the risk: the third person sits down before Carol's page."""
    risk_is_taken((carol,), PROMOTE, everybody)
    all_see(everybody, PROMOTE, "needs 3 approvals", "at most", "Cannot be undone.")
    confirmed(bob, "Bob Brown")
    all_see(everybody, PROMOTE, "Approved by Bob Brown")
    confirmed(carol, "Carol Chen")
    carol.becomes("Erin Evans")
    carol.sees(carol.step(PROMOTE), "Carol Chen")
    confirmed(carol, "Erin Evans")
    all_see(everybody, PROMOTE, f"✅ {PROMOTE}", "accepts writes", "approved by Bob Brown, Carol Chen, Erin Evans")
    carol.becomes("Carol Chen")


def confirmed(person: Person, name: str) -> None:
    def approves() -> None:
        person.presses(person.step(PROMOTE), "Approve promote")
        person.confirms("Promote", "Approve")

    approved = re.compile(f"[Aa]pproved by [^.]*{name}")
    person.insists(approves, person.step(PROMOTE).filter(has_text=approved))


def the_shop_is_back(everybody: Sequence[Person]) -> None:
    for person in everybody:
        person.sees(person.card("The shop"), "working", "orders per second, taken in us-east-1")
        person.sees(
            person.card("The recovery"), "Customers were without the shop for", "The approvers had read: at most"
        )


def ended(alice: Person, bob: Person, carol: Person) -> None:
    """As the card says what comes next; the update has gone out by itself meanwhile."""
    everybody = (alice, bob, carol)
    done_by(carol, CONFIRM, "Carol Chen", everybody)
    alice.sees(alice.message(CARD), "/dr mitigate")
    served = alice.message(CARD).filter(has_text="Users are served again")
    alice.insists(lambda: alice.types("/dr mitigate"), served)
    for title, person, name in ((DOCUMENT, bob, "Bob Brown"), (REVIEW, carol, "Carol Chen")):
        done_by(person, title, name, everybody)
    alice.sees(alice.message(CARD), "Users are served again", "/dr resolve")
    alice.sees(alice.message(re.compile("Customer Database: update 1")))
    form = alice.form("Resolve INC-1")
    alice.insists(lambda: alice.types("/dr resolve"), form)
    alice.sees(form, "us-west-2 is down")
    alice.submits(form, "Resolve")
    for person in everybody:
        person.sees(person.message("Lessons learned."), "INC-1 is resolved after", "Chain head")


def all_see(everybody: Sequence[Person], title: str, *words: str | re.Pattern[str]) -> None:
    for person in everybody:
        person.sees(person.step(title), *words)


def each_step_is_one_message(everybody: Sequence[Person]) -> None:
    """The same in every page, however often it was edited."""
    for title in STEPS:
        all_see(everybody, title, title)
        places = {person.step(title).get_attribute("data-ts") for person in everybody}
        assert len(places) == 1
