"""Who counts: guests, strangers, bots, people who left; judged at the click, and once more before the call."""

from tests.faults.slack.world import ALICE, BOB, CAROL, DAVE, ERIN, ONCALL, World


def approved_by(world: World, number: int) -> tuple[str, ...]:
    return tuple(world.step(number, "flip").approved_by)


def test_accounts_that_count_nothing(world: World) -> None:
    """Guests, strangers, closed accounts, bots: whatever they press, type or declare, nothing is recorded."""
    number = world.to_approval()
    before, incidents = world.types(number), len(world.rows())
    for account in ("U0GUEST", "U0SINGLE", "U0STRANGER", "U0GONE", "U0OTHERBOT"):
        for key, verb in (("step/R1/flip", "approve"), ("step/R1/flip", "decline"), ("card", "take_role")):
            world.workspace.click(account, world.with_button(number, key, verb), f"control:{verb}")
        world.workspace.command(account, world.channel(number), "/dr note hello")
        world.workspace.command(account, ONCALL, "/dr declare sev1 shop it is down --yes")
        world.told(account, "This does not count.", world.channel(number))
        assert world.workspace.views(account) == []
    assert world.types(number) == before
    assert len(world.rows()) == incidents


def test_who_left_after_approving_does_not_count(world: World) -> None:
    """An approver whose account was closed before the call: it is not made, until somebody else approves."""
    number = world.to_approval()
    world.press(ERIN, number, "step/R1/flip", "approve")
    world.until(lambda: approved_by(world, number) == ("erin",), "erin does not count")
    world.workspace.person(ERIN).deleted = True
    world.press(CAROL, number, "step/R1/flip", "approve")
    world.until(lambda: "erin" not in approved_by(world, number), "erin still counts")
    assert "/flip" not in world.hooks.done
    assert world.step(number, "flip").state == "pending_approval"
    assert approved_by(world, number) == ("carol",)
    world.press(DAVE, number, "step/R1/flip", "approve")
    world.reaches(number, "flip", "completed")
    assert len(world.hooks.done["/flip"]) == 1
    world.shown(number)


def test_a_look_up_that_fails_is_made_again(world: World) -> None:
    """While Slack can't say who somebody is, nothing counts; the same click counts as soon as it can."""
    number = world.to_approval()
    world.workspace.remove_scope("users:read")
    world.press(BOB, number, "step/R1/flip", "approve")
    world.until(lambda: "ApprovalOffered" in world.types(number), "it was not even offered")
    assert approved_by(world, number) == ()
    world.workspace.add_scope("users:read")
    world.later(61)
    world.until(lambda: approved_by(world, number) == ("bob",), "bob never counts")


def test_a_look_up_that_fails_before_the_call_stops_it(world: World) -> None:
    """The last look-up fails: no call is made while it does; it is made by itself as soon as it doesn't."""
    number = world.to_approval()
    world.press(BOB, number, "step/R1/flip", "approve")
    world.until(lambda: approved_by(world, number) == ("bob",), "bob does not count")
    assert world.workspace.command(CAROL, world.channel(number), "/dr help").ok  # she was looked up just now
    fault = world.workspace.faults.add("error", "users.info", error="internal_error", skip=1)
    before = len(world.calls("users.info"))
    world.press(CAROL, number, "step/R1/flip", "approve")
    world.until(lambda: len(world.calls("users.info")) > before + 2, "nobody was looked up before the call")
    assert fault.skip == 0
    assert "/flip" not in world.hooks.done
    assert world.step(number, "flip").state == "pending_approval"
    world.workspace.faults.clear()
    world.reaches(number, "flip", "completed")
    assert len(world.hooks.done["/flip"]) == 1
    assert "ApprovalRejected" not in world.types(number)


def test_two_submits_of_one_form_are_one_incident(world: World) -> None:
    """A form that is sent twice, at the same moment, declares once."""
    before = len(world.rows())
    assert world.workspace.command(ALICE, ONCALL, "/dr declare").ok
    form = world.until(lambda: world.workspace.views(ALICE), "no form was opened")[-1]
    values = {"title": "it is down twice", "system": "shop", "severity": "sev2"}
    outcomes = world.workspace.at_once([lambda: world.workspace.submit(ALICE, form, values)] * 3)
    assert any(outcome.ok for outcome in outcomes), outcomes
    world.until(lambda: len(world.rows()) > before, "nothing was declared")
    assert len(world.rows()) == before + 1


def test_a_click_that_is_made_twice_counts_once(world: World) -> None:
    """Quick fingers: three presses of Done at the same moment are one."""
    number = world.declared("--runbook switch", severity="sev2")
    button = world.with_button(number, "step/R1/assess", "done")
    world.workspace.at_once([lambda: world.workspace.click(ALICE, button, "control:done")] * 3)
    world.reaches(number, "flip", "pending_approval")
    assert world.types(number).count("StepCompleted") == 1


def test_a_private_incident_stays_private(world: World) -> None:
    """Its channel is private, and nothing about it stands anywhere else."""
    number = world.declared("--private", title="a secret matter")
    shown = world.shown(number)
    assert "announcement" not in shown
    channel = world.workspace.channel(world.channel(number))
    assert channel.kind == "private"
    others = [it for it in world.workspace.channels() if it.id != channel.id and it.kind != "im"]
    assert not any("secret matter" in str(message.shape()) for it in others for message in it.messages.values())
