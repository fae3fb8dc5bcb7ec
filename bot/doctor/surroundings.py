"""Everything but Slack: the files, the database, the replicas, mail, the address in links, the secrets."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Connection

from bot.comms.email import email_channel
from bot.config.checking import Configuration, Paths, load
from bot.domain.errors import DRError
from bot.domain.finding import Area, Finding
from bot.domain.plan import EnvSecret, FileSecret, RecoveryPlan
from bot.domain.problems import ConfigurationError
from bot.engine.ports import NotDelivered
from bot.redaction import redact
from bot.settings import Settings
from bot.store import leases
from bot.store.clock import Clock
from bot.store.database import Database
from bot.store.errors import SchemaTooOld
from bot.store.revision import check

SECONDS = 3.0
FILES, STORE, MAIL, WEB, SECRETS = Area("Files"), Area("Database"), Area("Email"), Area("Web"), Area("Secrets")
CHECK = "Read them with: dr check"


def files(settings: Settings, known: Mapping[str, Any]) -> tuple[Configuration | None, list[Finding]]:
    """plan.yml, runbooks and templates, as `dr check` sees them."""
    try:
        found = load(Paths(settings.plan, settings.runbooks, settings.templates), known)
    except ConfigurationError as error:
        return None, [FILES.wrong(str(settings.plan), f"The plan can't be used: {error.problems[0]}", CHECK)]
    errors = sum(problem.level == "error" for problem in found.problems)
    doubts = len(found.problems) - errors
    if errors:
        return found, [FILES.wrong("plan, runbooks, templates", f"{errors} errors, {doubts} doubts.", CHECK)]
    if doubts:
        return found, [FILES.doubt("plan, runbooks, templates", f"{doubts} doubts.", CHECK)]
    return found, [FILES.ok("plan, runbooks, templates", "Everything fits.")]


def database(settings: Settings) -> tuple[list[leases.Replica], list[Finding]]:
    """Whether it answers and is up to date, and who executes on it."""
    try:
        store = Database(settings.database_url.get_secret_value())
    except DRError as error:
        return [], [STORE.wrong("DATABASE_URL", str(error), "Correct DATABASE_URL.")]
    try:
        if store.path is not None and not Path(store.path).exists():
            return [], [STORE.doubt(store.name, "There is no such file yet.", "Start `dr serve` once: it makes it.")]
        return _looked_into(store, settings)
    finally:
        store.close()


def _looked_into(store: Database, settings: Settings) -> tuple[list[leases.Replica], list[Finding]]:
    clock = Clock(settings.clock_file)

    def living(connection: Connection) -> list[leases.Replica]:
        return leases.live(connection, clock.now(connection))

    try:
        check(store)
        with store.read() as connection:
            replicas = living(connection)
    except SchemaTooOld as old:
        return [], [STORE.doubt(store.name, str(old), "Start `dr serve` once.")]
    except DRError as error:
        mend = "Start the database, or correct DATABASE_URL."
        return [], [STORE.wrong(store.name, redact(str(error)), mend)]
    return replicas, [STORE.ok(store.name, "It answers, and its tables are up to date."), _executors(replicas)]


def _executors(replicas: list[leases.Replica]) -> Finding:
    if not replicas:
        return STORE.doubt("replicas", "Nobody executes: commands are recorded and wait.", "Start: dr serve")
    return STORE.ok("replicas", f"{', '.join(f'{one.name} ({one.version})' for one in replicas)}.")


def web(settings: Settings, replicas: list[leases.Replica]) -> Iterator[Finding]:
    """The address in links, and what the bot there says of itself."""
    if settings.public_url is None:
        says = f"It is not set: links in messages lead to {settings.url}, which others can't open."
        yield WEB.doubt("DR_URL", says, "Set DR_URL to the address by which people reach this bot.")
    if not replicas:
        return
    address = f"{settings.url.rstrip('/')}/healthz"
    try:
        told = httpx.get(address, timeout=SECONDS, follow_redirects=False).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        mend = "Correct DR_URL or DR_HTTP, or let the way to it through."
        yield WEB.doubt(address, f"No bot answers there ({type(error).__name__}).", mend)
        return
    yield from _parts(address, told)


def _parts(address: str, told: object) -> Iterator[Finding]:
    parts = {n: p for n, p in told.items() if isinstance(p, dict)} if isinstance(told, dict) else {}
    if not parts:
        yield WEB.doubt(address, "What answers there is no DR Bot.", "Correct DR_URL.")
    bad = {name: part for name, part in parts.items() if part.get("state") in ("degraded", "failed")}
    for name, part in bad.items():
        says = f"The running bot says: {part.get('state')}. {part.get('reason', '')}".strip()
        yield WEB.doubt(name, says, "Mend the cause; the rest of this report may name it.")
    if parts and not bad:
        yield WEB.ok(address, "The running bot is well.")


def mail(settings: Settings, plan: RecoveryPlan) -> Iterator[Finding]:
    """Whether the mail server would take a message, and whether operators can be reached without Slack."""
    try:
        email_channel(plan.senders.email, settings.smtp_url).check()
    except NotDelivered as failure:
        judge = MAIL.doubt if settings.smtp_url is None else MAIL.wrong
        yield judge("SMTP_URL", redact(str(failure)), "Without mail nobody is told while Slack is away.")
    else:
        yield MAIL.ok("SMTP_URL", "The mail server answers.")
    roles = [plan.emergency_contacts.get(role) for role in ("primary", "secondary")]
    if not any(name in plan.people and plan.people[name].email for name in roles if name):
        mend = "Name emergency_contacts primary and secondary in plan.yml, with email addresses."
        yield MAIL.doubt("operators", "Nobody would be told by mail that Slack is away.", mend)


def secrets(plan: RecoveryPlan, environ: Mapping[str, str]) -> Iterator[Finding]:
    """The secrets that this process must find by itself; AWS's are read when a step needs them."""
    for name, environment in plan.environments.items():
        for key, source in environment.secrets.items():
            if isinstance(source, EnvSecret) and not environ.get(source.name):
                yield SECRETS.wrong(f"{name} {key}", f"{source.name} is not set.", f"Set {source.name} for dr serve.")
            elif isinstance(source, FileSecret) and not Path(source.path).is_file():
                yield SECRETS.wrong(
                    f"{name} {key}", f"There is no file {source.path}.", "Mount it, or correct plan.yml."
                )
