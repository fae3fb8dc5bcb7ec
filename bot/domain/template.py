"""A communication template: one message, in the words for each channel."""

from pydantic import Field

from bot.domain.model import Model
from bot.domain.texts import Flag, Manual, Name, Text


class EmailFace(Model):
    """The message as an email."""

    subject: Text


class TemplateChannels(Model):
    """How the message looks on each channel; absent means that it doesn't go there. Slack and email show the body."""

    slack: Flag = False
    email: EmailFace | None = None
    sms: Text | None = None
    phone: Text | None = None


class Template(Model):
    """A message: `required` are the sections that it must hold, `body` is Jinja, from the file alone."""

    template: Name
    channels: TemplateChannels
    required: tuple[Name, ...] = ()
    body: Manual = Field(description="what stands below the front matter")

    @property
    def id(self) -> str:
        """What it is named by."""
        return self.template
