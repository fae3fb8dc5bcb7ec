"""SMTP on the far side of the gate: line by line on to a mail server; logging in is accepted here."""

import socket
import threading
from typing import Self

from tests.faults.gate import Call, Failed, Gate, Severed

MAIL_ENDS = b"\r\n.\r\n"


class Smtp:
    """A proxy in front of the mail server at `port`. Every command is one call; the text of a mail is the change."""

    def __init__(self, gate: Gate, port: int) -> None:
        self.gate = gate
        self._upstream = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="smtp", daemon=True).start()

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
            threading.Thread(target=self._serve, args=(near,), name="smtp", daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        far = socket.create_connection(("127.0.0.1", self._upstream), timeout=30)
        with near, far:
            try:
                self._converse(near.makefile("rwb"), far.makefile("rwb"))  # type: ignore[arg-type]
            except (Severed, Failed, OSError):
                return

    def _converse(self, near: "socket.SocketIO", far: "socket.SocketIO") -> None:
        call = self.gate.arrive("smtp connect")
        self._pass_back(near, call, read_reply(far))
        while line := near.readline():
            word = line.split()[0].decode(errors="replace").upper() if line.split() else ""
            call = self.gate.arrive(f"smtp {word}")
            if word == "AUTH":
                self._pass_back(near, call, b"235 2.7.0 welcome\r\n")
                continue
            reply = ask(far, line)
            if word == "EHLO":
                reply = reply.replace(b"250 ", b"250-AUTH PLAIN LOGIN\r\n250 ", 1)
            self._pass_back(near, call, reply)
            if word == "DATA" and reply.startswith(b"354"):
                self._take_mail(near, far)
            if word == "QUIT":
                return

    def _take_mail(self, near: "socket.SocketIO", far: "socket.SocketIO") -> None:
        text = b""
        while not text.endswith(MAIL_ENDS):
            line = near.readline()
            if not line:
                raise Severed
            text += line
        call = self.gate.arrive("smtp mail", detail=header(text, b"message-id"))
        self._pass_back(near, call, ask(far, text))

    def _pass_back(self, near: "socket.SocketIO", call: Call, reply: bytes) -> None:
        self.gate.answer(call, applied=False)
        near.write(reply)
        near.flush()


def ask(far: "socket.SocketIO", text: bytes) -> bytes:
    far.write(text)
    far.flush()
    return read_reply(far)


def read_reply(far: "socket.SocketIO") -> bytes:
    """All lines of one reply."""
    reply = b""
    while line := far.readline():
        reply += line
        if line[3:4] != b"-":
            return reply
    raise Severed


def header(text: bytes, name: bytes) -> str:
    lines = [line for line in text.split(b"\r\n") if line.lower().startswith(name + b":")]
    return lines[0].partition(b":")[2].strip().decode() if lines else ""
