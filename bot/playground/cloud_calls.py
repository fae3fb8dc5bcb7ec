"""Which changing calls the cloud received: its own record, which knows nothing of what the bot believes."""

import base64
import json
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx

READS = ("Describe", "List", "Get", "Head", "Assume")


def start_recording(url: str) -> None:
    """From now on the cloud writes down every call. Raises httpx.HTTPError."""
    httpx.post(f"{url}/moto-api/recorder/start-recording", timeout=5, trust_env=False).raise_for_status()


def changing_calls(record: Path) -> Counter[str]:
    """How often each changing call arrived, by its name at AWS."""
    lines = record.read_text().splitlines() if record.exists() else []
    names = (call_name(json.loads(line)) for line in lines)
    return Counter(name for name in names if not name.startswith(READS))


def call_name(entry: dict[str, Any]) -> str:
    headers = {name.lower(): value for name, value in entry["headers"].items()}
    if "x-amz-target" in headers:
        return str(headers["x-amz-target"]).rpartition(".")[2]
    body = base64.b64decode(entry["body"]).decode() if entry["body_encoded"] else str(entry["body"] or "")
    actions = parse_qs(body).get("Action")
    if actions:
        return actions[0]
    return rest_name(entry["method"], entry["url"])


def rest_name(method: str, url: str) -> str:
    """Route 53 and S3 name the call by method and path."""
    if method in ("GET", "HEAD"):
        return "Get"
    return "ChangeResourceRecordSets" if url.split("?")[0].rstrip("/").endswith("/rrset") else f"{method} {url}"
