"""Models are built at their first use; here all of them are."""

from collections.abc import Iterator

import pytest

import bot.app
import bot.doctor.examination
import bot.serving
import bot.slack.part  # noqa: F401  # with the others: every model there is
from bot.domain.model import Model


def models(of: type[Model] = Model) -> Iterator[type[Model]]:
    for model in of.__subclasses__():
        if model.__module__.startswith("bot."):
            yield model
            yield from models(model)


@pytest.mark.parametrize("model", list(models()), ids=lambda model: f"{model.__module__}.{model.__name__}")
def test_it_can_be_built(model: type[Model]) -> None:
    """Every annotation means something, and every default fits."""
    model.model_rebuild()
    assert model.__pydantic_complete__
