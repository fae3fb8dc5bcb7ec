"""The buttons of an incident's messages."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from bot.domain import commands as c
from bot.playground.workspace.workspace import find_action
from bot.slack.approving import approve
from bot.slack.front import Front, Speaker
from bot.slack.reconciler import Reconciler
from bot.slack.requests import Caller
from tests.integration.slack.world import ALICE, BOB, CAROL, DAVE, ERIN, FRANK, SlackWorld, painter


def press_body(world: SlackWorld, user: str, number: int, value: str, verb: str = "approve", at: str = "1.1") -> Any:
    """A press of a button as Slack sends it."""
    place = {"type": "message", "message_ts": "100.1", "channel_id": world.channel(number)}
    action = {"action_id": f"control:{verb}", "block_id": "b", "value": value, "action_ts": at, "type": "button"}
    return world.body("block_actions", user, channel={"id": world.channel(number)}, container=place, actions=[action])


def value_of(message: dict[str, Any], verb: str) -> str:
    """The id that a message's button carries."""
    rows_ = [block for block in message["blocks"] if block["type"] == "actions"]
    found = [e["value"] for block in rows_ for e in block["elements"] if e["action_id"] == f"control:{verb}"]
    return str(found[0])


def pressed_as_seen(world: SlackWorld, user: str, number: int, seen: dict[str, Any], verb: str = "approve") -> Any:
    """A press in the page that still shows an earlier state of a message; what the page is answered."""
    place = {"type": "message", "channel": world.channel(number), "ts": seen["ts"]}
    action = find_action(seen["blocks"], f"control:{verb}", None)
    body = {"as": user, "container": place, "action": action}
    return httpx.post(f"{world.workspace.url}/ui/action", json=body, timeout=60).json()


def test_two_people_approve_and_it_runs(world: SlackWorld) -> None:
    """Each presses Approve below the plan, each is looked up, and then it runs."""
    number = world.to_approval()
    for user, person in ((CAROL, "carol"), (BOB, "bob")):
        assert world.press(user, "step/R1/promote", "approve", number).ok
        look = lambda person=person: person in world.step("promote", number=number).approved_by  # noqa: E731
        world.waited(look, f"{person} does not count")
    world.wait("promote", "completed", number=number)
    assert world.lab.board.values == {"db": "on"}
    approvals = [row.actor for row in world.lab.desk.timeline(f"INC-{number}") if row.event.type == "ApprovalOffered"]
    assert [(actor.person, actor.slack, actor.via) for actor in approvals] == [
        ("carol", CAROL, "slack"),
        ("bob", BOB, "slack"),
    ]


def test_an_approval_is_shown_once_it_is_judged(world: SlackWorld) -> None:
    """The channel is not edited for an offer first: after an edit it rests, and the approval would show late."""
    number = world.to_approval()
    reconciler = Reconciler(world.lab.desk, world.front.chat, world.front.members, painter(world.lab), "two")
    woken: list[bool] = []
    front = Front(
        world.lab.desk,
        world.front.chat,
        world.front.members,
        reconciler,
        judge=lambda *_: woken.append(reconciler._wake.is_set()),
    )
    step, incident = world.step("promote", number=number), world.incident(number)
    speaker = Speaker(front, Caller(CAROL), f"key-{next(world.lab.numbers)}")
    later = approve(speaker, incident, incident.runs["R1"], step, step.digest).later
    assert later is not None
    assert later().text.startswith("Approved.")
    assert (woken, reconciler._wake.is_set()) == ([False], True)
    front.close()


def test_who_is_asked_to_approve_is_invited(world: SlackWorld) -> None:
    """Those whom a shown plan waits for are in the channel, though nothing else called them."""
    world.lab.board.values.clear()
    declare = c.Declare(
        actor=world.lab.actor("alice"), number=0, title="it is down", severity="sev1", systems=("database",)
    )
    number = world.lab.desk.declare(declare, key=f"key-{next(world.lab.numbers)}").number
    channel = world.channel(number)
    world.message("card", number)
    assert not {BOB, CAROL, DAVE, ERIN} & set(world.workspace.channel(channel).members)
    world.lab.give(world.incident(number), c.Start, "alice", runbook="risky", system="database")
    world.wait("flip", "pending_approval", number=number)
    world.waited(
        lambda: {BOB, CAROL, DAVE, ERIN} <= set(world.workspace.channel(channel).members), "who is asked is not invited"
    )


def test_who_may_not_approve_is_told_at_once(world: SlackWorld) -> None:
    """The declarer's press is refused with those who may, and nothing is recorded."""
    number = world.to_approval()
    channel = world.channel(number)
    before = len(world.workspace.ephemeral(channel, ALICE))
    assert world.press(ALICE, "step/R1/promote", "approve", number).ok
    said = world.told(ALICE, channel, before)
    assert said.startswith("This needs someone of approvers who neither declared the incident nor asked for this step.")
    assert said.endswith("Waiting for Bob Tester, Carol Tester, Dave Tester or Erin Tester.")
    assert "ApprovalOffered" not in world.types(number)


def test_a_deactivated_account_does_not_count(world: SlackWorld) -> None:
    """An account that is gone since a moment ago: the look-up rejects the approval, and the person is told why."""
    number = world.to_approval()
    channel = world.channel(number)
    world.front.members.check_now(DAVE)
    person = world.workspace.person(DAVE)
    person.deleted = True
    try:
        assert world.press(DAVE, "step/R1/promote", "approve", number).ok
        world.waited(lambda: "ApprovalRejected" in world.types(number), "it was not rejected")
    finally:
        person.deleted = False
        world.front.members._known.clear()
    said = world.told(DAVE, channel)
    assert said.startswith("Your approval of `promote` was not counted.")
    assert world.step("promote", number=number).approved_by == ()


def test_a_guest_of_the_plan_records_nothing(world: SlackWorld) -> None:
    """Nothing is known after a restart: a person of the plan who became a guest is looked up and refused."""
    number = world.declared()
    channel = world.channel(number)
    person = world.workspace.person(DAVE)
    person.is_restricted = True
    world.front.members._known.clear()
    try:
        assert "This account is a guest." in world.dr("note hello", user=DAVE, channel=channel)
    finally:
        person.is_restricted = False
        world.front.members._known.clear()
    assert world.notes(number) == []


@contextmanager
def looked_up_in_vain(world: SlackWorld, user: str, number: int) -> Iterator[None]:
    """Somebody's approval of the promotion is offered, and Slack doesn't say who they are."""
    digest = world.step("promote", number=number).digest
    world.workspace.remove_scope("users:read")
    try:
        assert world.workspace.command(user, world.channel(number), f"/dr approve promote --digest {digest[:12]}").ok
        world.waited(lambda: "ApprovalOffered" in world.types(number), "nothing was offered")
        yield
    finally:
        world.workspace.add_scope("users:read")


def test_an_approval_that_went_with_its_plan_is_not_said_to_count(world: SlackWorld) -> None:
    """A no that comes while the person is looked up takes the offer away; they are told that nothing was counted."""
    number = world.to_approval()
    channel, digest = world.channel(number), world.step("promote", number=number).digest
    with looked_up_in_vain(world, CAROL, number):
        world.lab.give(world.incident(number), c.Decline, "dave", run="R1", step="promote", digest=digest, reason="No.")
        world.heard(CAROL, "Your approval of `promote` does not count", channel)
    told = [said["text"] for said in world.workspace.ephemeral(channel, CAROL)]
    assert not any(text.startswith("Approved.") for text in told)


def test_a_step_that_begins_without_a_click_says_so(world: SlackWorld) -> None:
    """Enough others signed while the person was looked up: the click is not said to count later."""
    number = world.to_approval()
    channel = world.channel(number)
    with looked_up_in_vain(world, DAVE, number):
        for person in ("bob", "carol"):
            world.lab.approve(world.incident(number), "promote", person)
        world.heard(DAVE, "Your approval of `promote` does not count: it began without it.", channel)
    world.wait("promote", "completed", number=number)


def test_an_old_copy_leads_to_the_new_message(world: SlackWorld) -> None:
    """A press on what was shown before the plan changed counts nothing, says what changed, and links the message."""
    number = world.to_approval()
    old = value_of(world.with_button("step/R1/promote", "approve", number), "approve")
    channel = world.channel(number)
    world.dr("replan promote --set to=blue", user=DAVE, channel=channel)
    look = lambda: value_of(world.with_button("step/R1/promote", "approve", number), "approve") != old  # noqa: E731
    world.waited(look, "no new plan")
    before = len(world.workspace.ephemeral(channel, BOB))
    assert world.send(press_body(world, BOB, number, old)).status == 200
    said = world.told(BOB, channel, before)
    assert said.startswith("The plan has changed since this message (changes, parameters, desired differ).")
    assert "Your approval was not counted." in said
    assert "The current plan: <http" in said
    assert world.step("promote", number=number).approved_by == ()


def test_an_old_copy_of_the_same_plan_is_said_to_be_planned_anew(world: SlackWorld) -> None:
    """After Decline and Start nothing differs but that it was planned once more."""
    number = world.to_approval()
    old = value_of(world.with_button("step/R1/promote", "approve", number), "approve")
    channel = world.channel(number)
    digest = world.step("promote", number=number).digest
    world.lab.give(world.incident(number), c.Decline, "dave", run="R1", step="promote", digest=digest, reason="No.")
    world.dr("retry promote", user=DAVE, channel=channel)
    look = lambda: value_of(world.with_button("step/R1/promote", "approve", number), "approve") != old  # noqa: E731
    world.waited(look, "no new plan")
    before = len(world.workspace.ephemeral(channel, BOB))
    assert world.send(press_body(world, BOB, number, old)).status == 200
    said = world.told(BOB, channel, before)
    assert said.startswith("The plan has changed since this message (the same changes, planned anew).")


def test_what_is_confirmed_while_the_message_is_edited_counts(world: SlackWorld) -> None:
    """Dave confirms what he saw before Carol's approval was painted: both count."""
    number = world.to_approval()
    seen = world.with_button("step/R1/promote", "approve", number)
    assert world.press(CAROL, "step/R1/promote", "approve", number).ok
    world.waited(lambda: world.message("step/R1/promote", number)["blocks"] != seen["blocks"], "it was not edited")
    assert pressed_as_seen(world, DAVE, number, seen) == {"ok": True}
    world.wait("promote", "completed", number=number)
    assert set(world.step("promote", number=number).approved_by) == {"carol", "dave"}


def test_what_is_confirmed_after_the_plan_changed_counts_nothing(world: SlackWorld) -> None:
    """A press on plan A is none on plan B, though B stands in the same message: it leads to B."""
    number = world.to_approval()
    seen = world.with_button("step/R1/promote", "approve", number)
    old, channel = value_of(seen, "approve"), world.channel(number)
    world.dr("replan promote --set to=blue", user=DAVE, channel=channel)
    look = lambda: value_of(world.with_button("step/R1/promote", "approve", number), "approve") != old  # noqa: E731
    world.waited(look, "no new plan")
    assert pressed_as_seen(world, BOB, number, seen) == {"ok": True}
    world.heard(BOB, "The plan has changed since this message", channel)
    assert "ApprovalOffered" not in world.types(number)


def test_an_old_button_of_a_finished_step_leads_to_its_message(world: SlackWorld) -> None:
    """The step is still of the same attempt and plan: the button is old all the same, and its answer has the link."""
    number = world.to_approval()
    old = value_of(world.with_button("step/R1/promote", "approve", number), "approve")
    for user in (BOB, CAROL):
        assert world.press(user, "step/R1/promote", "approve", number).ok
    world.wait("promote", "completed", number=number)
    channel = world.channel(number)
    before = len(world.workspace.ephemeral(channel, DAVE))
    assert world.send(press_body(world, DAVE, number, old)).status == 200
    said = world.told(DAVE, channel, before)
    assert said.startswith("`promote` has gone on since this message: it is completed. Your approval was not counted.")
    assert "|Open it.>" in said


def test_an_unknown_button_leads_to_the_card(world: SlackWorld) -> None:
    """An id that was never shown does nothing and says so."""
    number = world.declared()
    world.message("card", number)
    channel = world.channel(number)
    before = len(world.workspace.ephemeral(channel, BOB))
    assert world.send(press_body(world, BOB, number, "f" * 24)).status == 200
    said = world.told(BOB, channel, before)
    assert said.startswith("This button is not known any more. Nothing was counted.")
    assert "|Open the card.>" in said


def test_the_same_press_counts_once(world: SlackWorld) -> None:
    """A press that arrives twice is one."""
    number = world.started()
    value = value_of(world.with_button("step/R1/assess", "done", number), "done")
    channel = world.channel(number)
    before = len(world.workspace.ephemeral(channel, ALICE))
    for _ in range(2):
        assert world.send(press_body(world, ALICE, number, value, "done", "5.5")).status == 200
    assert world.types(number).count("StepCompleted") == 1
    assert len(world.workspace.ephemeral(channel, ALICE)) == before


def test_a_reason_is_asked_for(world: SlackWorld) -> None:
    """Decline opens a form about the step; with its reason it is done."""
    number = world.to_approval()
    assert world.press(CAROL, "step/R1/promote", "decline", number).ok
    form = world.opened(CAROL)
    assert form["title"]["text"] == "Decline the plan"
    assert "*Promote the replica*" in str(form["blocks"])
    assert world.submit(CAROL, form, reason="   ").errors == {"reason": "A reason is needed. Say in one line why."}
    assert world.submit(CAROL, form, reason="it comes back").ok
    assert "ApprovalDeclined" in world.types(number)
    assert world.workspace.views(CAROL) == []


def test_one_word_of_several_is_said_to_be_one(world: SlackWorld) -> None:
    """Skipping a gated step takes as many people as its rule; the first hears how many are left."""
    number = world.to_approval()
    channel = world.channel(number)
    for user in (CAROL, DAVE):
        assert world.submit(user, world.form("skip promote", user, channel), reason="not needed").ok
    world.heard(CAROL, "Recorded. 1 of 2 say so; one more of", channel)
    world.heard(DAVE, "`promote` is skipped.", channel)


def test_a_word_of_who_may_act_no_more_does_not_decide(world: SlackWorld) -> None:
    """Carol's account is closed between her word and Dave's: his is the first that counts, and it takes another."""
    number = world.to_approval()
    channel = world.channel(number)
    assert world.submit(CAROL, world.form("skip promote", CAROL, channel), reason="not needed").ok
    world.heard(CAROL, "Recorded. 1 of 2 say so", channel)
    world.workspace.person(CAROL).deleted = True
    try:
        assert world.submit(DAVE, world.form("skip promote", DAVE, channel), reason="not needed").ok
        world.heard(DAVE, "Recorded. 1 of 2 say so; one more of", channel)
    finally:
        world.workspace.person(CAROL).deleted = False
        world.front.members._known.clear()
    assert "VoiceVoided" in world.types(number)
    assert [voice.person for voice in world.step("promote", number=number).voices] == ["dave"]
    assert world.submit(BOB, world.form("skip promote", BOB, channel), reason="not needed").ok
    world.heard(BOB, "`promote` is skipped.", channel)


def test_a_form_that_slack_does_not_open_is_told(world: SlackWorld) -> None:
    """A press whose trigger is spent gets a line that says so, and nothing is recorded."""
    number = world.to_approval()
    value = value_of(world.with_button("step/R1/promote", "decline", number), "decline")
    assert world.send(press_body(world, CAROL, number, value, "decline")).status == 200
    world.heard(CAROL, "The form could not be opened.", world.channel(number))
    assert "ApprovalDeclined" not in world.types(number)


def test_what_is_in_doubt_is_settled(world: SlackWorld) -> None:
    """A call without an answer offers its three ways; one person's word of two is said to be one."""
    number = world.to_approval()
    world.lab.board.trouble["db"] = "lost"
    for user in (BOB, CAROL):
        world.press(user, "step/R1/promote", "approve", number)
    world.wait("promote", "in_doubt", number=number)
    channel = world.channel(number)
    assert world.press(BOB, "step/R1/promote", "settle_look_again", number).ok
    before = len(world.workspace.ephemeral(channel, BOB))
    assert world.press(BOB, "step/R1/promote", "settle_not_happened", number).ok
    assert world.told(BOB, channel, before).startswith("Recorded. 1 of 2 say so")
    assert world.press(CAROL, "step/R1/promote", "settle_not_happened", number).ok
    world.wait("promote", "failed", number=number)
    world.lab.board.trouble.clear()
    assert world.press(CAROL, "step/R1/promote", "retry", number).ok
    world.wait("promote", "pending_approval", number=number)


def test_a_risk_is_accepted(world: SlackWorld) -> None:
    """A blocked step offers to look again and to accept its risk, for which a reason is asked."""
    number = world.troubled("risky")
    world.wait("flip", "blocked", number=number)
    assert world.press(BOB, "step/R1/flip", "look_again", number).ok
    world.wait("flip", "blocked", number=number)
    assert world.press(BOB, "step/R1/flip", "accept_risk", number).ok
    form = world.opened(BOB)
    assert "Something may be lost." in str(form["blocks"])
    assert world.submit(BOB, form, reason="we know").ok
    world.wait("flip", "pending_approval", number=number)
    assert world.step("flip", number=number).rule.required == 2  # type: ignore[union-attr]


def test_a_form_settles_the_attempt_it_was_opened_on(world: SlackWorld) -> None:
    """What somebody writes about one attempt is not counted for the next one; the form says so."""
    number = world.troubled("lost")
    assert world.press(CAROL, "step/R1/flip", "approve", number).ok
    world.wait("flip", "in_doubt", number=number)
    assert world.press(BOB, "step/R1/flip", "settle_happened", number).ok
    form = world.opened(BOB)
    assert world.press(CAROL, "step/R1/flip", "settle_not_happened", number).ok
    world.wait("flip", "failed", number=number)
    assert world.press(DAVE, "step/R1/flip", "retry", number).ok
    assert world.press(CAROL, "step/R1/flip", "approve", number).ok
    world.wait("flip", "in_doubt", number=number)
    late = world.submit(BOB, form, reason="I saw it land")
    assert "has gone on since you looked at it" in late.errors["reason"]
    assert world.step("flip", number=number).state == "in_doubt"
    world.workspace.close_view(BOB, form)
    assert world.press(CAROL, "step/R1/flip", "settle_not_happened", number).ok
    world.wait("flip", "failed", number=number)


def test_a_typed_acceptance_names_the_risk_first(world: SlackWorld) -> None:
    """A typed reason does not accept what was not read: the form names the risk, with the reason in it."""
    number = world.troubled("risky")
    world.wait("flip", "blocked", number=number)
    form = world.form("accept-risk flip --reason we know", BOB, world.channel(number))
    assert "Something may be lost." in str(form["blocks"])
    assert "we know" in str(form["blocks"])
    assert "RiskAccepted" not in world.types(number)
    assert world.submit(BOB, form, reason="we know").ok
    world.wait("flip", "pending_approval", number=number)


def test_who_may_not_is_refused_before_a_form_opens(world: SlackWorld) -> None:
    """Whose word would not be taken reads the rule at once, and fills in nothing."""
    number = world.to_approval()
    channel = world.channel(number)
    rule = "This needs someone of approvers who neither declared the incident nor asked for this step. You declared it."
    for line, said in (("skip promote", rule), ("break-glass promote", "You may not break the glass.")):
        user = ALICE if "skip" in line else CAROL
        assert world.workspace.command(user, channel, f"/dr {line}").ok
        world.heard(user, said, channel)
        assert world.workspace.views(user) == []
    assert world.press(FRANK, "step/R1/promote", "decline", number).ok
    world.heard(FRANK, "This is for the people named in the recovery plan", channel)
    assert world.workspace.views(FRANK) == []


def test_a_click_below_the_last_step_ends_the_night(world: SlackWorld) -> None:
    """Mitigate, then Resolve: for the commander, whom anybody else is sent to before a form opens."""
    number = world.started("look")
    channel = world.channel(number)
    world.lab.give(world.incident(number), c.Done, "bob", run="R1", step="look")
    assert world.press(ALICE, "step/R1/look", "mitigate", number).ok
    world.waited(lambda: world.incident(number).state == "mitigated", "it is not mitigated")
    assert world.press(BOB, "step/R1/look", "resolve", number).ok
    world.heard(BOB, "This is for the incident commander Alice Tester or the deputy.", channel)
    assert world.workspace.views(BOB) == []
    assert world.press(ALICE, "step/R1/look", "resolve", number).ok
    assert world.submit(ALICE, world.opened(ALICE)).ok
    assert world.incident(number).state == "resolved"
    world.waited(lambda: "control:" not in str(world.message("step/R1/look", number)), "the button stays")


def test_glass_is_broken_with_the_target_typed(world: SlackWorld) -> None:
    """The form wants a long enough reason and the plan's own target; then it goes on alone."""
    number = world.to_approval()
    form = world.form("break-glass promote", user=BOB, channel=world.channel(number))
    why = "no approver answers, orders are being lost"
    assert list(world.submit(BOB, form, reason=why, target="west").errors) == ["target"]
    assert list(world.submit(BOB, form, reason="quick", target="db").errors) == ["reason"]
    assert world.submit(BOB, form, reason=why, target=" db ").ok
    world.wait("promote", "completed", number=number)
    assert "GlassBroken" in world.types(number)


def test_pause_and_resume_on_the_card(world: SlackWorld) -> None:
    """The card pauses what runs, and resumes it."""
    number = world.started()
    assert world.press(ALICE, "card", "pause", number).ok
    world.waited(lambda: world.incident(number).runs["R1"].paused, "it was not paused")
    assert world.press(ALICE, "card", "resume", number).ok
    world.waited(lambda: not world.incident(number).runs["R1"].paused, "it was not resumed")


def test_the_button_of_an_old_pause_resumes_no_later_one(world: SlackWorld) -> None:
    """A run that was resumed and paused again stays paused."""
    number = world.started()
    assert world.press(ALICE, "card", "pause", number).ok
    old = value_of(world.with_button("card", "resume", number), "resume")
    assert world.press(ALICE, "card", "resume", number).ok
    assert world.press(BOB, "card", "pause", number).ok
    world.waited(lambda: world.incident(number).runs["R1"].paused, "it was not paused")
    assert world.send(press_body(world, ALICE, number, old, "resume")).status == 200
    world.heard(ALICE, "it stays paused", world.channel(number))
    assert world.incident(number).runs["R1"].paused
