"""python -m bot.playground pictures DIR: plays the story, and takes the README's pictures of its page and a short film.

It needs the libraries of the extra `test` and Debian's chromium.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.playground.album import Album
from bot.playground.persons import Look
from bot.playground.photographer import CHROMIUM, Studio
from bot.playground.stage import Stage
from bot.playground.story import new_narrator, tell

FILM = "night.gif"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bot.playground pictures", description="Pictures of a night.")
    parser.add_argument("dir", type=Path, help="where they go; what has the same name there is replaced")
    folder: Path = parser.parse_args().dir
    if CHROMIUM is None:
        sys.exit("Chromium is missing: apt-get install chromium-headless-shell")
    folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def looking(stage: Stage) -> Iterator[Look]:
        with Studio(stage.workspace.url, folder) as studio:
            album = Album(stage, studio.photographer)
            yield lambda person, moment: studio.do(lambda: album.look(person, moment))
            studio.do(lambda: studio.photographer.film(FILM))

    sys.exit(0 if tell(new_narrator(record=False), looking) else 1)


if __name__ == "__main__":
    main()
