"""A cable between a standby and its primary that can be cut."""

import contextlib
import socket
import threading

CHUNK = 65536


class Wire:
    """Forwards TCP from its own port to another. While cut it swallows everything and lets nobody notice."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._whole = threading.Event()
        self._whole.set()
        self._closed = False
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="wire", daemon=True).start()

    def cut(self) -> None:
        self._whole.clear()

    def mend(self) -> None:
        """Connections that were open when it was cut are dropped: both ends dial again."""
        self._drop_connections()
        self._whole.set()

    def close(self) -> None:
        self._closed = True
        self._whole.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._drop_connections()

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(near,), name="wire", daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        self._sockets.append(near)
        self._whole.wait()
        try:
            far = socket.create_connection(("127.0.0.1", self._target_port), timeout=2)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        self._sockets.append(far)
        threading.Thread(target=self._pump, args=(far, near), name="wire", daemon=True).start()
        self._pump(near, far)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while chunk := source.recv(CHUNK):
                self._whole.wait()
                sink.sendall(chunk)
        except OSError:
            pass
        self._whole.wait()  # not even the end of the connection gets through a cut cable
        hang_up(source)
        hang_up(sink)

    def _drop_connections(self) -> None:
        connections, self._sockets = self._sockets, []
        for connection in connections:
            hang_up(connection)


def hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
