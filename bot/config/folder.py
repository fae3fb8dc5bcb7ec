"""The files of a folder that people fill."""

from pathlib import Path

from bot.domain.problems import Problem

MAX_FILES = 500


def files_of(folder: Path, endings: tuple[str, ...]) -> tuple[list[Path], list[Problem]]:
    """The files with one of the endings, by name, hidden ones left out; and what is wrong with the folder."""
    if not folder.is_dir():
        return [], [Problem(file=str(folder), message="there is no such folder", fix="create it, or name another one")]
    found = sorted(path for path in folder.iterdir() if _counts(path, endings))
    if len(found) > MAX_FILES:
        fix = f"keep {MAX_FILES} or fewer"
        return [], [Problem(file=str(folder), message=f"the folder holds {len(found)} files", fix=fix)]
    return found, []


def _counts(path: Path, endings: tuple[str, ...]) -> bool:
    return path.suffix in endings and not path.name.startswith(".") and path.is_file()
