"""A network and process namespace of the benchmark's own, with the same kernel settings for all."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

INSIDE = "TANDEM_BENCH_INSIDE"


def enter():
    """Runs this program again inside: nothing can outlive it. Returns once it is there."""
    if os.environ.get(INSIDE):
        # The first process of a process namespace gets no signal that it does not handle.
        signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--net", "--pid", "--fork", "--mount-proc", "--kill-child",
                          sys.executable, *sys.argv])


def is_inside():
    return bool(os.environ.get(INSIDE))


def sysctl(setting):
    return subprocess.run(["sysctl", "-qw", setting], capture_output=True).returncode == 0


def equal_kernel_settings():
    """Returns the congestion control that all products get."""
    sysctl("net.ipv4.ip_local_port_range=10000 65000")
    sysctl("net.ipv4.tcp_tw_reuse=1")
    sysctl("net.core.somaxconn=4096")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(hard, 60_000)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
    except (ValueError, PermissionError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for control in ("cubic", "reno"):  # the host may restrict what a namespace can choose
        if sysctl(f"net.ipv4.tcp_congestion_control={control}"):
            return control
    return Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()
