"""PostgreSQL on the far side of the gate: a proxy that counts connections and statements."""

import itertools
import re
import socket
import struct
import threading
from collections.abc import Iterator
from typing import BinaryIO, Self

from tests.faults.gate import Call, Failed, Gate, Severed

CHANGES = re.compile(r"\s*(REVOKE|GRANT|SELECT pg_promote|SELECT pg_terminate_backend)\b")
ASKS_FOR_AN_ANSWER = (3, 5, 10, 11)  # kinds of authentication request: clear text, MD5, SASL and its continuation
IN_TRANSACTION = b"T"
SPACES = re.compile(r"\s+")


class Postgres:
    """A proxy in front of the server at `port`. A connection is one call, and each statement in it. No TLS.

    What a transaction changes is applied once its COMMIT is.
    """

    def __init__(self, gate: Gate, name: str, port: int, step: str) -> None:
        self.gate = gate
        self.name = name
        self.upstream = port
        self.step = step
        self._sessions: Iterator[int] = itertools.count(1)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name=f"postgres {name}", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), name=f"postgres {self.name}", daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with near:
            try:
                far = socket.create_connection(("127.0.0.1", self.upstream), timeout=90)
            except OSError:
                return
            with far:
                try:
                    self._converse(near.makefile("rwb"), far.makefile("rwb"))  # type: ignore[arg-type]
                except (Severed, Failed, OSError, struct.error):
                    return

    def _converse(self, near: BinaryIO, far: BinaryIO) -> None:
        session = next(self._sessions)
        self._greet(near, far, session)
        uncommitted: list[Call] = []
        while True:
            batch, kinds = b"", ""
            while not kinds or kinds[-1] not in "QSX":
                message = read_message(near)
                batch += message
                kinds += chr(message[0])
            if kinds[-1] == "X":
                far.write(batch)
                far.flush()
                return
            self._pass_statement(near, far, batch, session, uncommitted)

    def _greet(self, near: BinaryIO, far: BinaryIO, session: int) -> None:
        length = near.read(4)
        startup = length + near.read(struct.unpack("!I", length)[0] - 4)
        call = self.gate.arrive(f"pg {self.name} connect", session=session)
        far.write(startup)
        far.flush()
        while True:
            message = read_message(far)
            if message[:1] == b"Z":
                self.gate.answer(call, applied=False)
            near.write(message)
            near.flush()
            if message[:1] == b"Z":
                return
            if message[:1] == b"R" and struct.unpack("!I", message[5:9])[0] in ASKS_FOR_AN_ANSWER:
                far.write(read_message(near))
                far.flush()

    def _pass_statement(
        self, near: BinaryIO, far: BinaryIO, batch: bytes, session: int, uncommitted: list[Call]
    ) -> None:
        text = statement(batch)
        changes = bool(CHANGES.match(text))
        call = self.gate.arrive(
            f"pg {self.name} {text[:60]}", step=self.step if changes else "", session=session, detail=text
        )
        far.write(batch)
        far.flush()
        answer, failed = b"", False
        while True:
            message = read_message(far)
            answer += message
            failed = failed or message[:1] == b"E"
            if message[:1] == b"Z":
                break
        if message[5:6] == IN_TRANSACTION:
            uncommitted += [call] if changes and not failed else []
            self.gate.answer(call, applied=False)
        else:
            for earlier in uncommitted:
                earlier.applied = text.startswith("COMMIT") and not failed
            uncommitted.clear()
            self.gate.answer(call, applied=changes and not failed)
        near.write(answer)
        near.flush()


def read_message(stream: BinaryIO) -> bytes:
    head = stream.read(5)
    if len(head) < 5:
        raise Severed
    return head + stream.read(struct.unpack("!I", head[1:])[0] - 4)


def statement(batch: bytes) -> str:
    """The text of a Query or of a Parse message, on one line; empty for a batch that only repeats a prepared one."""
    rest = batch
    while rest:
        length = struct.unpack("!I", rest[1:5])[0] + 1
        kind, body, rest = rest[:1], rest[5:length], rest[length:]
        if kind == b"Q":
            return SPACES.sub(" ", body.rstrip(b"\0").decode(errors="replace")).strip()
        if kind == b"P":
            return SPACES.sub(" ", body.split(b"\0")[1].decode(errors="replace")).strip()
    return ""
