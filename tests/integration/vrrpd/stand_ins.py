"""What vrrpd watches, played by the test: lbd's readiness stream and syncd's status stream."""

import json
import os
import socket
import threading


class StreamServer:
    """Serves one endless line stream on a Unix socket, as the daemons' control sockets do."""

    def __init__(self, path, first):
        self.path = str(path)
        self.line = first
        self.connections = []
        self.lock = threading.Lock()
        self.listener = None
        self.start()

    def start(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(self.path)
        self.listener.listen(8)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
                connection.recv(4096)
            except OSError:
                return
            with self.lock:
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n"
                                       b"Connection: close\r\n\r\n" + self._bytes())
                    self.connections.append(connection)
                except OSError:
                    pass

    def _bytes(self):
        return json.dumps(self.line).encode() + b"\n"

    def say(self, line):
        with self.lock:
            self.line = line
            for connection in self.connections:
                try:
                    connection.sendall(self._bytes())
                except OSError:
                    pass

    def die(self):
        """As the kernel does for a process that was killed: everything is closed, the socket file stays."""
        with self.lock:
            if self.listener.fileno() < 0:
                return  # dead already
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            for connection in self.connections:
                connection.close()
            self.connections.clear()


class Lbd(StreamServer):
    def __init__(self, run_dir):
        super().__init__(f"{run_dir}/lbd.sock", {"ready": True, "reason": ""})

    def ready(self, ready, reason=""):
        self.say({"ready": ready, "reason": reason})


class Syncd(StreamServer):
    def __init__(self, run_dir):
        super().__init__(f"{run_dir}/syncd.sock", self.status(True, True))

    @staticmethod
    def status(in_sync, connected):
        return {"in_sync": in_sync, "in_sync_reason": "" if in_sync else "repairing",
                "peer": {"name": "peer", "connected": connected}}
