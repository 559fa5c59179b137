"""Packets with the kernel's stamp of their arrival: a reader that is late itself does not make them late."""

import socket
import struct
import time

SO_TIMESTAMPNS = 35  # <asm-generic/socket.h>; Python has no name for it


def stamp(opened):
    """Asks the kernel for stamps on a socket."""
    opened.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)


def receive(opened, size):
    """(ns of time.monotonic_ns() at arrival, data, origin) of the next packet."""
    data, parts, _, origin = opened.recvmsg(size, socket.CMSG_SPACE(16))
    age = 0
    for level, kind, value in parts:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack("@ll", value)
            age = max(0, time.time_ns() - seconds * 1_000_000_000 - nanoseconds)
    return time.monotonic_ns() - age, data, origin
