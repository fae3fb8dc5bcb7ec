"""The environment is read once, strictly, and its secrets stay in it."""

from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError

SLACK = {"SLACK_BOT_TOKEN": "xoxb-hunter2"}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> "Reader":
    return Reader(monkeypatch)


class Reader:
    """Reads settings from an environment of these variables alone."""

    def __init__(self, environment: pytest.MonkeyPatch) -> None:
        self._environment = environment
        for name in ("DATABASE_URL", "SMTP_URL", "LOG", "HTTP", "PLAN"):
            environment.delenv(name, raising=False)

    def __call__(self, **variables: str) -> Settings:
        for name, value in variables.items():
            self._environment.setenv(name, value)
        return Settings.read()


def test_defaults_need_no_environment(read: Reader) -> None:
    """An empty environment is SQLite, the project's files, loopback, and no Slack."""
    settings = read()
    assert settings.database_url.get_secret_value() == "sqlite:///dr.db"
    assert (settings.plan, settings.runbooks, settings.templates) == tuple(
        map(Path, ("plan.yml", "runbooks", "templates"))
    )
    assert (settings.http_address, settings.url, settings.has_slack) == (
        ("127.0.0.1", 8080),
        "http://127.0.0.1:8080",
        False,
    )


def test_everything_can_be_set(read: Reader) -> None:
    """Each variable of the interface arrives."""
    settings = read(
        DATABASE_URL="postgresql://u@h/d",
        DR_PLAN="a.yml",
        DR_HTTP="[::1]:9",
        DR_URL="https://dr.example.com",
        DR_REPLICA="one",
        DR_LOG_LEVEL="WARNING",
        DR_LOG="json",
        SMTP_URL="smtp://mail:25",
    )
    assert (settings.plan, settings.http_address, settings.url) == (Path("a.yml"), ("::1", 9), "https://dr.example.com")
    assert (settings.replica, settings.log_level, settings.log) == ("one", "warning", "json")


def test_foreign_variables_mean_nothing(read: Reader) -> None:
    """Only the names of the interface are read, an empty one counts as unset."""
    assert read(LOG="xml", HTTP="x", PLAN="other.yml", DR_PLAN="").plan == Path("plan.yml")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DR_HTTP", "8080"),
        ("DR_HTTP", "127.0.0.1:99999"),
        ("DR_URL", "dr.example.com"),
        ("DR_LOG", "xml"),
        ("DR_LOG_LEVEL", "loud"),
        ("SLACK_API_URL", "https://slack.com/"),
        ("SMTP_URL", "mail.example.com"),
    ],
)
def test_what_is_wrong_is_named_with_the_way_to_write_it(name: str, value: str, read: Reader) -> None:
    """One line for each variable, beginning with its name."""
    with pytest.raises(SettingsError, match=rf"^{name}: (write|choose|it must)"):
        read(**{name: value})


def test_secrets_are_in_no_text(read: Reader) -> None:
    """Neither the settings nor their errors show a secret."""
    settings = read(**SLACK, DATABASE_URL="postgresql://u:hunter2@h/d", SMTP_URL="smtp://u:hunter2@mail")
    assert "hunter2" not in f"{settings!r} {settings}"
    with pytest.raises(SettingsError) as caught:
        read(SMTP_URL="imap://u:hunter2@mail")
    assert "hunter2" not in str(caught.value)


def test_the_clock_is_moved_only_away_from_a_real_slack(read: Reader) -> None:
    """DR_CLOCK counts without Slack, or with one on loopback; never beside the real one."""
    assert read(DR_CLOCK="offset").clock_file == Path("offset")
    assert read(**SLACK).clock_file is None
    assert read(SLACK_API_URL="http://127.0.0.1:9/api/").clock_file == Path("offset")
    assert read(SLACK_API_URL="https://127.0.0.1.example.com/api/").clock_file is None
