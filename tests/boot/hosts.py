"""Real systemd hosts for a lab: minimal Debian roots, booted with systemd-nspawn in the lab's namespaces.

A host's disk is an overlay over a shared, cached base (base-root): booting costs seconds, and nothing is written to
the base. Mounts live in a mount namespace that dies with the host. No service manager of this machine is needed.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))

from netlab import SKIP, wait_for  # noqa: E402

SYNC_LINK = "sync0"

# $1: the host's directory, $2: the base, $3: the host's name, $4: its network namespace, $5: its control group
BOOT = r"""
set -e
mount -t tmpfs none /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
mkdir "/sys/fs/cgroup/$5"
echo $$ >"/sys/fs/cgroup/$5/cgroup.procs"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/disk,workdir=$1/work" "$1/root"
export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
exec systemd-nspawn --boot --register=no --keep-unit --quiet --directory="$1/root" --machine="$3" --hostname="$3" \
  --network-namespace-path="/run/netns/$4" --console=pipe --link-journal=no --resolv-conf=off --timezone=off \
  --capability=CAP_NET_ADMIN,CAP_BPF,CAP_PERFMON,CAP_SYS_NICE,CAP_IPC_LOCK --system-call-filter="bpf @memlock"
"""


def impediment():
    """Why hosts cannot be booted here; empty if they can."""
    for tool, package in (("systemd-nspawn", "systemd-container"), ("debootstrap", "debootstrap"),
                          ("nsenter", "util-linux"), ("unshare", "util-linux")):
        if shutil.which(tool) is None:
            return f"needs {tool} (package {package})"
    try_mounts = ("mount -t tmpfs none /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && "
                  "mkdir /sys/fs/cgroup/tdm$$ && rmdir /sys/fs/cgroup/tdm$$ && grep -q overlay /proc/filesystems")
    tried = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", try_mounts],
                           capture_output=True, text=True)
    return "" if tried.returncode == 0 else "cannot mount control groups (v2) or overlayfs: " + tried.stderr.strip()


def skip_if_impossible():
    reason = impediment()
    if reason:
        print(f"SKIPPED: {Path(sys.argv[0]).name} {reason}", flush=True)
        sys.exit(SKIP)


def base_root(deb):
    """The cached base for a package; made now if it is not there. Ends the script, loudly, where that is impossible."""
    made = subprocess.run([HERE / "base-root", deb], stdout=subprocess.PIPE, text=True)
    if made.returncode != 0:
        print(f"SKIPPED: {Path(sys.argv[0]).name} has no base root file system: the message is above", flush=True)
        sys.exit(SKIP)
    return made.stdout.strip()


class Host:
    """A place of a lab with a machine of its own in it: `lb1` or `lb2`."""

    def __init__(self, lab, name, base):
        self.lab, self.name, self.base = lab, name, base
        self.directory = lab.directory / f"host-{name}"
        for part in ("disk", "work", "root"):
            (self.directory / part).mkdir(parents=True, exist_ok=True)
        (self.directory / "disk").chmod(0o755)  # becomes the root directory
        self.group = f"{lab.prefix}-{name}"
        self.process = None
        self.init = None  # pid of the host's systemd, seen from here

    # ---- life ------------------------------------------------------------------------------

    def power_on(self):
        """Starts it; wait with booted()."""
        argv = ["unshare", "--mount", "--propagation", "private", "bash", "-c", BOOT, "boot",
                self.directory, self.base, self.name, self.lab.ns(self.name), self.group]
        self.console = open(self.directory / "console.log", "ab")
        self.process = subprocess.Popen(list(map(str, argv)), stdin=subprocess.DEVNULL, stdout=self.console,
                                        stderr=self.console, start_new_session=True)

    def _find_init(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} did not boot: {self.console_text()}")
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for word in children:
            try:
                if Path(f"/proc/{word}/comm").read_text().strip() == "systemd":
                    return int(word)
            except OSError:
                pass  # not there any more
        return None

    def booted(self, deadline=60.0):
        """Waits until systemd has started everything; returns its verdict: running or degraded."""
        self.init = wait_for(self._find_init, deadline, f"{self.name}'s systemd")
        said = []

        def look():
            said[:] = self.run("systemctl", "is-system-running", check=False).stdout.split() or [""]
            return said[0] in ("running", "degraded")
        wait_for(look, deadline, f"{self.name} to boot", 0.1)
        return said[0]

    def power_cut(self):
        """The whole machine at once: its cables go dead, and everything that ran is gone. Returns when (ns)."""
        when = time.monotonic_ns()
        self.lab.ip("lan", "link", "del", self.name)
        self.lab.ip(self.name, "link", "del", SYNC_LINK, check=False)
        self._kill()
        return when

    def _kill(self):
        if self.process is None:
            return
        if self.process.poll() is None and self.init is not None:
            try:
                os.kill(self.init, signal.SIGKILL)  # init: the kernel ends the host's whole pid namespace with it
            except OSError:
                pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self.console.close()
        self.process = self.init = None
        self._remove_group()

    def _remove_group(self):
        script = ('mount -t tmpfs none /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && '
                  'cd /sys/fs/cgroup && find "$1" -depth -type d -exec rmdir {} +')
        for _ in range(20):
            done = subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "rm", self.group],
                                  capture_output=True)
            if done.returncode == 0:
                return
            time.sleep(0.1)  # processes that are still leaving

    def close(self):
        self._kill()

    # ---- inside ----------------------------------------------------------------------------

    def run(self, *argv, check=True, text_input=None, deadline=120.0):
        """Runs a command on the host, as root."""
        done = subprocess.run(["nsenter", "--target", str(self.init), "--all", "--",
                               "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
                               "DEBIAN_FRONTEND=noninteractive", *map(str, argv)],
                              capture_output=True, text=True, input=text_input, timeout=deadline)
        if check and done.returncode != 0:
            raise AssertionError(f"{self.name}: {shlex.join(map(str, argv))} exits {done.returncode}: "
                                 f"{(done.stderr.strip() or done.stdout.strip())[-2000:]}")
        return done

    def sh(self, script, check=True, **options):
        """Runs a shell script on the host; returns what it prints."""
        return self.run("sh", "-c", script, check=check, **options).stdout

    def path(self, name):
        """A file of the running host, seen from here."""
        return Path(f"/proc/{self.init}/root") / name.lstrip("/")

    def put(self, source, name):
        shutil.copy(source, self.path(name))

    def show(self, unit, what):
        return self.run("systemctl", "show", "--property", what, "--value", unit).stdout.strip()

    def pids(self, *names):
        """Processes of these names on the host, with the numbers that this machine gives them."""
        found = []
        group = f"/{self.group}/"
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                mine = any(line.startswith("0::" + group) for line in (entry / "cgroup").read_text().splitlines())
                if mine and (entry / "comm").read_text().strip() in names:
                    found.append(int(entry.name))
            except OSError:
                continue  # it has just ended
        return sorted(found)

    def console_text(self):
        return (self.directory / "console.log").read_text(errors="replace")[-3000:]
