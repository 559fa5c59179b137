#!/usr/bin/env python3
"""The .deb: files, owners, modes, conffiles, dependencies, scripts, symbols, lintian."""
import pathlib
import re
import tempfile

from common import (COMMON_FILES, OUT, ROOT, UNITS, VERSION, Findings, check_programs, check_runs, check_shell,
                    environment_without_colour, need, package, run)

MODES = {"etc/tandem/": "drwxr-xr-x", "etc/tandem/tandem.json": "-rw-r--r--",
         "usr/libexec/tandem/restart-one-by-one": "-rwxr-xr-x"}


def listing(deb):
    """{path: (mode, owner)} of files and directories."""
    entries = {}
    for line in run("dpkg-deb", "--contents", deb).stdout.splitlines():
        mode, owner, _, _, _, path = line.split(None, 5)
        entries[path[2:]] = (mode, owner)
    return entries


def check_files(findings, deb):
    entries = listing(deb)
    unit_directory = "lib/systemd/system" if "lib/systemd/system/tandem.target" in entries else "usr/lib/systemd/system"
    documents = ["changelog.Debian.gz", "changelog.gz", "copyright"]
    expected = COMMON_FILES + [f"{unit_directory}/{unit}" for unit in UNITS] \
        + [f"usr/share/doc/tandem-lb/{name}" for name in documents] \
        + ["usr/share/zsh/vendor-completions/_lbctl", "usr/share/lintian/overrides/tandem-lb"]
    findings.equal([path for path in entries if path and not path.endswith("/")], expected, "files")
    for path, (mode, owner) in entries.items():
        findings.expect(owner == "root/root", f"{path} belongs to root, not to {owner}")
        wanted = MODES.get(path) or ("drwxr-xr-x" if path.endswith("/") or not path else
                                     "-rwxr-xr-x" if re.match(r"usr/s?bin/", path) else "-rw-r--r--")
        findings.expect(mode == wanted, f"{path} has mode {mode}, expected {wanted}")


def check_fields(findings, deb):
    def field(name):
        return run("dpkg-deb", "--field", deb, name).stdout.strip()

    depends = [part.strip() for part in field("Depends").split(",")]
    names = {re.split(r"[ (|]", part)[0] for part in depends}
    findings.expect(field("Version") == f"{VERSION}-1", f"version {field('Version')}")
    findings.expect("vrrpd" in field("Conflicts"), "conflicts with Debian's old vrrpd")
    for library in ("libc6", "libstdc++6", "libbpf1", "libnl-3-200"):
        findings.expect(library in names, f"depends on {library}: {depends}")
    for pattern in (r"libssl3(t64)?$", r"libfmt\d", r"libspdlog"):
        findings.expect(any(re.match(pattern, name) for name in names), f"depends on {pattern}: {depends}")
    findings.expect(not any("(=" in part or "(<" in part for part in depends), f"no exact or upper bound: {depends}")
    findings.expect(any("systemd-sysusers" in part for part in depends), f"something that makes the users: {depends}")


def check_scripts(findings, control):
    scripts = {name: (control / name).read_text() for name in ("postinst", "prerm", "postrm")}
    findings.equal([file.name for file in control.iterdir()],
                   [*scripts, "conffiles", "control", "md5sums"], "control files")
    findings.expect((control / "conffiles").read_text().split() == ["/etc/tandem/tandem.json"], "conffiles")
    for name, text in scripts.items():
        check_shell(findings, name, text)
        findings.expect(text.startswith("#!/bin/sh\nset -e\n"), f"{name} stops at the first failure")
    postinst, postrm = scripts["postinst"], scripts["postrm"]
    users, directories, restart = (postinst.find(word) for word in ("systemd-sysusers", "systemd-tmpfiles $", "restart-one-by-one"))
    findings.expect(0 <= users < directories < restart, "postinst: users, then directories, then restarts")
    findings.expect("deb-systemd-invoke start" not in postinst and "deb-systemd-helper enable 'tandem" in postinst,
                    "postinst: starts nothing, keeps what the administrator enabled")
    findings.expect(re.search(r'= remove \].*\n\s+deb-systemd-invoke stop tandem.target', scripts["prerm"]) is not None,
                    "prerm stops the node on removal only")
    for leftover in ("/etc/tandem", "/run/tandem", "/var/lib/tandem", "/var/log/tandem", "userdel", "groupdel"):
        findings.expect(leftover in postrm, f"postrm cares for {leftover}")


def check_lintian(findings):
    changes = OUT / f"tandem-lb_{VERSION}-1_{run('dpkg', '--print-architecture').stdout.strip()}.changes"
    done = run("lintian", "--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0", changes,
               check=False, env=environment_without_colour())
    findings.expect(done.returncode == 0, f"lintian:\n{done.stdout}{done.stderr}")
    lines = (ROOT / "packaging/debian/tandem-lb.lintian-overrides").read_text().splitlines()
    for previous, line in zip(["", *lines], lines):
        findings.expect(line.startswith("#") or previous.startswith("#"), f"the override '{line}' has a written reason")


def main():
    need("dpkg-deb", "lintian", "readelf")
    deb, symbols = package(f"tandem-lb_{VERSION}-1_*.deb"), package(f"tandem-lb-dbgsym_{VERSION}-1_*deb")  # .ddeb on Ubuntu
    findings = Findings()
    with tempfile.TemporaryDirectory() as directory:
        place = pathlib.Path(directory)
        run("dpkg-deb", "--raw-extract", deb, place / "root")
        run("dpkg-deb", "--extract", symbols, place / "debug")
        check_files(findings, deb)
        check_fields(findings, deb)
        check_scripts(findings, place / "root" / "DEBIAN")
        check_programs(findings, place / "root", place / "debug")
        check_runs(findings, place / "root")
    check_lintian(findings)
    findings.end()


main()
