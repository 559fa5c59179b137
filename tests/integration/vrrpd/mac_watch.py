"""Who on the LAN sends with a virtual MAC address: a watch on the bridge's ports to the load balancers."""

import select
import socket
import struct
import threading

from stamped import receive, stamp

ALL_PROTOCOLS = 0x0003
OUTGOING = 4  # PACKET_OUTGOING: on its way to the port, not from it
KINDS = {0x0806: "arp", 0x0800: "ipv4", 0x86dd: "ipv6"}


class MacWatch:
    """`frames`: (monotonic ns, node, "advert", "arp", "ipv4" or "ipv6", destination MAC), in the order of arrival at each node."""

    def __init__(self, lab, mac, nodes=("lb1", "lb2")):
        self.mac = bytes.fromhex(mac.replace(":", ""))
        self.frames, self.running, self.sockets = [], True, {}
        for node in nodes:
            with lab.inside("lan"):
                opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # hears nothing before it is bound to its port
                opened.bind((node, ALL_PROTOCOLS))
            stamp(opened)
            self.sockets[opened] = node
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self):
        while self.running:
            for ready in select.select(list(self.sockets), [], [], 0.1)[0]:
                arrived, frame, origin = receive(ready, 2048)
                if origin[2] == OUTGOING or frame[6:12] != self.mac:
                    continue
                kind = KINDS.get(struct.unpack("!H", frame[12:14])[0], "other")
                protocol = frame[23] if kind == "ipv4" else frame[20] if kind == "ipv6" else 0
                self.frames.append((arrived, self.sockets[ready], "advert" if protocol == 112 else kind,
                                    frame[0:6].hex(":")))

    def of(self, node, since=0, kind=None):
        return sorted(f for f in self.frames if f[1] == node and f[0] >= since and kind in (None, f[2]))

    def stop(self):
        self.running = False
        self.thread.join()
        for each in self.sockets:
            each.close()
