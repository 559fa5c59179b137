"""Who says that an address is his: ARP requests at a steady rate, and every answer and announcement that comes."""

import socket
import struct
import threading
import time

from stamped import receive, stamp

ARP = 0x0806


class ArpProber:
    """From `place` of the lab, each `period` seconds. Claims are (monotonic ns, MAC, answers a request of ours)."""

    def __init__(self, lab, place, address, period=0.001, source="192.0.2.10"):
        self.address, self.period = socket.inet_aton(address), period
        with lab.inside(place):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ARP))
            self.socket.bind(("eth0", ARP))
        stamp(self.socket)
        self.socket.settimeout(0.1)
        own = self.socket.getsockname()[4]
        self.request = (b"\xff" * 6 + own + struct.pack("!H", ARP) + struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) +
                        own + socket.inet_aton(source) + bytes(6) + self.address)
        self.own, self.claims, self.running = own, [], True
        self.threads = [threading.Thread(target=work, daemon=True) for work in (self._ask, self._listen)]
        for thread in self.threads:
            thread.start()

    def _ask(self):
        due = time.monotonic()
        while self.running:
            try:
                self.socket.send(self.request)
            except OSError:
                pass
            due += self.period
            time.sleep(max(0.0, due - time.monotonic()))

    def _listen(self):
        while self.running:
            try:
                arrived, frame, _ = receive(self.socket, 256)
            except OSError:
                continue
            if len(frame) < 42 or frame[28:32] != self.address or frame[22:28] == self.own:
                continue
            self.claims.append((arrived, frame[22:28].hex(":"), frame[0:6] == self.own))

    def stop(self):
        self.running = False
        for thread in self.threads:
            thread.join()
        self.socket.close()
        return self.claims

    def since(self, moment, mac=None):
        return [claim for claim in self.claims if claim[0] >= moment and mac in (None, claim[1])]


def overlap_ms(claims):
    """How long two owners claimed an address side by side: from the first claim of a new one to the last of the former.

    Counts each hand-over by itself: an owner that comes back later is a new one."""
    total, index = 0.0, 0
    owners = [claim[1] for claim in claims]
    while index < len(claims):
        current = owners[index]
        other = next((i for i in range(index, len(claims)) if owners[i] != current), None)
        if other is None:
            break
        successor = owners[other]
        # The former owner's last claim before it was silent for a while: 50 ms without any ends the overlap.
        last = None
        for i in range(other, len(claims)):
            if owners[i] == current:
                if last is not None and claims[i][0] - claims[last][0] > 50_000_000:
                    break
                if last is None and claims[i][0] - claims[other][0] > 50_000_000:
                    break
                last = i
        if last is not None:
            total += (claims[last][0] - claims[other][0]) / 1e6
        index = next((i for i in range(other if last is None else last + 1, len(claims)) if owners[i] == successor),
                     len(claims))
    return total
