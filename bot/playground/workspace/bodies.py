"""A request's body: JSON, a form, or parts, with what the query says."""

from email import policy
from email.parser import BytesParser
from urllib.parse import parse_qsl

from starlette.requests import Request

from bot.playground.workspace.incoming import kept, read_json
from bot.playground.workspace.shapes import Json


async def read_body(request: Request) -> Json:
    """All arguments by name. Unreadable JSON is no argument at all, as an empty body is."""
    given: Json = kept(dict(request.query_params))
    body = await request.body()
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("multipart/form-data"):
        found = {name: value.decode("utf-8", "replace") for name, value in parts(content_type, body).items()}
        return given | dict(kept(found))
    if content_type.startswith("application/x-www-form-urlencoded"):
        return given | dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        read = read_json(body) if body.strip() else {}
    except ValueError:
        return given
    return given | (read if isinstance(read, dict) else {})


async def uploaded(request: Request) -> bytes:
    """A file's content: the first part, or the body itself."""
    body = await request.body()
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("multipart/form-data"):
        return next(iter(parts(content_type, body).values()), b"")
    return body


def parts(content_type: str, body: bytes) -> dict[str, bytes]:
    head = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode()
    message = BytesParser(policy=policy.HTTP).parsebytes(head + body)
    found: dict[str, bytes] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if name and isinstance(content, bytes):
            found[str(name)] = content
    return found
