"""Files that are being uploaded, and those that were."""

from dataclasses import dataclass, field

from bot.playground.workspace.shapes import Json, new_id


@dataclass
class Upload:
    id: str
    name: str
    length: int
    title: str = ""
    content: bytes = b""
    channels: list[str] = field(default_factory=list)

    def shape(self) -> Json:
        return {"id": self.id, "name": self.name, "title": self.title or self.name, "size": len(self.content)}


class Uploads:
    def __init__(self) -> None:
        self._known: dict[str, Upload] = {}

    def start(self, name: str, length: int) -> Upload:
        upload = Upload(new_id("F"), name, length)
        self._known[upload.id] = upload
        return upload

    def get(self, upload_id: str) -> Upload | None:
        return self._known.get(upload_id)
