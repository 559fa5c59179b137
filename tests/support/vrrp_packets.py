"""VRRP adverts as bytes, made and sealed independently of vrrpd: for packets that a test forges."""

import hashlib
import hmac
import ipaddress
import struct

GROUP = {4: "224.0.0.18", 6: "ff02::12"}


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def node_key(cluster_key, node):
    """HKDF-SHA256 (RFC 5869) of the cluster key, without salt, for the adverts of one node."""
    extracted = hmac.new(bytes(32), cluster_key, hashlib.sha256).digest()
    return hmac.new(extracted, b"tandem vrrp adverts 1 from " + node.encode() + b"\1", hashlib.sha256).digest()


def trailer(session, counter, heard=(0, 0), mac=bytes(16), magic=b"TDM\1"):
    return magic + struct.pack("!QQQQ", session, counter, *heard) + mac


def seal(key, source, message):
    """The message with the MAC at its end that `key` gives; the checksum is still to be made."""
    address = ipaddress.ip_address(source)
    text = bytes([address.version]) + address.packed.ljust(16, b"\0") + message[:6] + b"\0\0" + message[8:-16] + bytes(16)
    return message[:-16] + hmac.new(key, text, hashlib.sha256).digest()[:16]


def advert(vrid, priority, addresses, centiseconds=10, behind=b"", version=3, kind=1):
    """Checksum 0: see finish()."""
    packed = b"".join(ipaddress.ip_address(a).packed for a in addresses)
    return struct.pack("!BBBBHH", version << 4 | kind, vrid, priority, len(addresses), centiseconds, 0) + packed + behind


def finish(message, source=None, destination=None):
    """The checksum: with the pseudo-header if source and destination are given (IPv6 always), else without."""
    message = message[:6] + b"\0\0" + message[8:]
    front = b""
    if source is not None:
        front = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed
        front += struct.pack("!IHBB", len(message), 0, 0, 112)
        if ipaddress.ip_address(source).version == 4:
            front = front[:8] + struct.pack("!BBH", 0, 112, len(message))
    return message[:6] + struct.pack("!H", checksum(front + message)) + message[8:]


def ipv6(source, message, destination=GROUP[6], hops=255):
    """The packet with its header."""
    return (struct.pack("!IHBB", 6 << 28, len(message), 112, hops) + ipaddress.ip_address(source).packed +
            ipaddress.ip_address(destination).packed + message)


def ipv4(source, message, destination=GROUP[4], ttl=255):
    """The packet with its header."""
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0xc0, 20 + len(message), 0, 0, ttl, 112, 0,
                       ipaddress.ip_address(source).packed, ipaddress.ip_address(destination).packed)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + message
