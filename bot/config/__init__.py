"""The files that people write: read strictly, judged together, every problem with its place and its mending."""

from bot.config.checking import Configuration, Paths, check, load, load_runbooks
from bot.config.known_actions import KnownAction, KnownActions
from bot.config.plan_file import load_plan
from bot.config.schemas import schemas
from bot.config.template_files import load_templates

__all__ = [
    "Configuration",
    "KnownAction",
    "KnownActions",
    "Paths",
    "check",
    "load",
    "load_plan",
    "load_runbooks",
    "load_templates",
    "schemas",
]
