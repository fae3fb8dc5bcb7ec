"""HTTP on the far side of the gate: a proxy before AWS, and the hooks that somebody else operates."""

import re
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

from tests.faults.gate import Call, Failed, Gate, Severed

HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})
SERVICE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")
TOKEN = re.compile(rb"DR Bot ([^<]+)<")
ROUTE53 = (
    ("POST", re.compile(r".*/rrset/?$"), "ChangeResourceRecordSets"),
    ("GET", re.compile(r".*/rrset/?$"), "ListResourceRecordSets"),
    ("GET", re.compile(r".*/change/.*"), "GetChange"),
)
CHANGES = {"route53 ChangeResourceRecordSets": "dns", "elasticloadbalancing ModifyListener": "balancer"}


class FarSide:
    """Listens on a free port of loopback; every request is handed to `serve`."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        far_side = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                far_side.handle(self)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="far side", daemon=True).start()

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        request.close_connection = True
        try:
            call = self.arrive(request, body)
            status, headers, content = self.serve(request, body, call)
            self.gate.answer(call, applied=200 <= status < 300)
        except Severed:
            return
        except Failed:
            status, headers, content = 500, {}, b"out of order"
        try:
            reply(request, status, headers, content)
        except OSError:
            return  # the caller is dead

    def arrive(self, request: BaseHTTPRequestHandler, body: bytes) -> Call:
        raise NotImplementedError

    def serve(self, request: BaseHTTPRequestHandler, body: bytes, call: Call) -> tuple[int, dict[str, str], bytes]:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Server(ThreadingHTTPServer):
    """Says nothing of callers that hang up: they were killed."""

    def handle_error(self, *_: object) -> None:
        pass


def reply(request: BaseHTTPRequestHandler, status: int, headers: dict[str, str], content: bytes) -> None:
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    request.wfile.write(content)


class Aws(FarSide):
    """AWS's endpoint: every request goes on to `upstream`."""

    def __init__(self, gate: Gate, upstream: str) -> None:
        super().__init__(gate)
        self._upstream = urlsplit(upstream).netloc

    def arrive(self, request: BaseHTTPRequestHandler, body: bytes) -> Call:
        what = operation(request.command, request.path, request.headers.get("Authorization", ""), body)
        token = TOKEN.search(body)
        return self.gate.arrive(
            what, step=CHANGES.get(what, ""), token=token[1].decode() if token else "", detail=request.path
        )

    def serve(self, request: BaseHTTPRequestHandler, body: bytes, call: Call) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection(self._upstream, timeout=30)
        try:
            connection.request(request.command, request.path, body, dict(request.headers.items()))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        headers = {name: value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP}
        return answer.status, headers, content


def operation(method: str, path: str, authorization: str, body: bytes) -> str:
    """`route53 GetChange`: the service by its signature, the operation by path or form."""
    found = SERVICE.search(authorization)
    service = found[1] if found else "?"
    if service == "route53":
        for verb, pattern, name in ROUTE53:
            if method == verb and pattern.match(urlsplit(path).path):
                return f"{service} {name}"
    action = parse_qs(body.decode(errors="replace")).get("Action", [path])
    return f"{service} {action[0]}"


class Hooks(FarSide):
    """POST /NAME does the work of a hook, GET /NAME says whether it was done (200) or not (404), GET /health always 200."""

    def __init__(self, gate: Gate, steps: dict[str, str]) -> None:
        super().__init__(gate)
        self.steps = steps  # path -> the step whose change it is
        self.done: dict[str, list[str]] = {}
        self.leaked: list[str] = []

    def arrive(self, request: BaseHTTPRequestHandler, body: bytes) -> Call:
        path = urlsplit(request.path).path
        step = self.steps[path] if request.command == "POST" else ""
        return self.gate.arrive(
            f"hook {request.command} {path}", step=step, token=request.headers.get("Idempotency-Key", "")
        )

    def serve(self, request: BaseHTTPRequestHandler, body: bytes, call: Call) -> tuple[int, dict[str, str], bytes]:
        path = urlsplit(request.path).path
        if request.command == "POST":
            self.done.setdefault(path, []).append(call.token)
            # A careless operator: the answer repeats what it was sent, secrets and all.
            return 200, {"Content-Type": "text/plain"}, f"done for {request.headers.get('X-Key', 'nobody')}".encode()
        return (200 if path == "/health" or path in self.done else 404), {}, b""
