"""/dr list: the incidents, one a line."""

from bot.slack.answers import Answer
from bot.slack.listing import incident_line, seen_by
from bot.slack.spoken import Said, Subcommand, Takes

MOST = 20


def answer(said: Said) -> Answer:
    """The open ones, or with --all the newest."""
    every = said.has("all")
    rows = seen_by(said.speaker, said.speaker.front.desk.incidents(ended=every))
    if not rows:
        nothing = "There has been no incident." if every else "No incident is open."
        return Answer(text=f"{nothing} Declare one with `/dr declare`.")
    lines = [incident_line(said.speaker, row) for row in rows[:MOST]]
    more = [f"{len(rows) - MOST} more: `dr list --all` in the terminal shows them."] if len(rows) > MOST else []
    return Answer(text="\n".join([*lines, *more]))


SUBCOMMAND = Subcommand(
    usage="list [--all]",
    summary="List the open incidents, and what each waits for.",
    group="Look",
    answer=answer,
    options={"all": Takes.NOTHING},
)
