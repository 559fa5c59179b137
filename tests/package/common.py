"""What the package tests share: findings are collected, all of them are reported, one fails the test."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "build" / "package"
VERSION = re.search(r"^project\(tandem VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text(), re.M).group(1)

PROGRAMS = ["usr/bin/lbctl", "usr/sbin/lbd", "usr/sbin/syncd", "usr/sbin/vrrpd"]
UNITS = ["tandem-lbd.service", "tandem-syncd.service", "tandem-vrrpd.service", "tandem.target"]
PAGES = ["man5/tandem.json.5", "man7/tandem.7", "man8/lbctl.8", "man8/lbd.8", "man8/syncd.8", "man8/vrrpd.8"]
# What both packages install, beside documentation, units and zsh's completion, whose places differ.
COMMON_FILES = PROGRAMS + [
    "etc/tandem/tandem.json",
    "usr/lib/NetworkManager/conf.d/tandem-lb.conf",
    "usr/lib/systemd/network/10-tandem.network",
    "usr/lib/sysusers.d/tandem-lb.conf",
    "usr/lib/tmpfiles.d/tandem-lb.conf",
    "usr/libexec/tandem/restart-one-by-one",
    "usr/share/bash-completion/completions/lbctl",
    "usr/share/doc/tandem-lb/examples/pair.json",
    "usr/share/doc/tandem-lb/examples/tandem.json",
    "usr/share/fish/vendor_completions.d/lbctl.fish",
    "usr/share/tandem/tandem.schema.json",
] + [f"usr/share/man/{page}.gz" for page in PAGES]


class Findings:
    def __init__(self):
        self.failures = 0
        self.checks = 0

    def expect(self, holds, what):
        self.checks += 1
        if not holds:
            self.failures += 1
            print(f"FAIL {what}", flush=True)

    def equal(self, actual, expected, what):
        """Compares two collections of names and says what is missing and what is too much."""
        actual, expected = set(actual), set(expected)
        self.expect(actual == expected, f"{what}: missing {sorted(expected - actual)}, unexpected {sorted(actual - expected)}")

    def end(self):
        print(f"{self.checks - self.failures} of {self.checks} checks hold")
        sys.exit(1 if self.failures else 0)


def need(*tools):
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        print(f"SKIPPED: {', '.join(missing)} missing: cmake/install-dependencies.sh build deb rpm")
        sys.exit(77)


def run(*words, check=True, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)
    if check and done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def package(pattern):
    """The package of the current version; a package of another version would be an old one."""
    found = sorted(OUT.glob(pattern))
    if len(found) != 1:
        raise SystemExit(f"expected one {pattern} in {OUT}, found {[file.name for file in found]}")
    return found[0]


def check_programs(findings, root, debug_root):
    """Stripped and hardened; the debug symbols of every program are in the other package."""
    for name in PROGRAMS:
        program = pathlib.Path(root) / name
        header = run("readelf", "--wide", "--file-header", "--program-headers", "--dynamic", "--notes", program).stdout
        findings.expect("Type:" in header and "DYN" in header, f"{name}: is a position-independent executable")
        findings.expect("GNU_RELRO" in header and "BIND_NOW" in header, f"{name}: relocations are read-only (relro, now)")
        findings.expect("RPATH" not in header and "RUNPATH" not in header, f"{name}: no library path of the build host")
        sections = run("readelf", "--wide", "--sections", program).stdout
        findings.expect(".debug_info" not in sections and ".symtab" not in sections, f"{name}: is stripped")
        build_id = re.search(r"Build ID: ([0-9a-f]+)", header)
        findings.expect(build_id is not None, f"{name}: has a build id")
        if build_id:
            identifier = build_id.group(1)
            symbols = pathlib.Path(debug_root) / f"usr/lib/debug/.build-id/{identifier[:2]}/{identifier[2:]}.debug"
            findings.expect(symbols.exists(), f"{name}: debug symbols at {symbols.relative_to(debug_root)}")


def check_runs(findings, root):
    """The programs say the package's version; completion, schema and the first configuration work."""
    root = pathlib.Path(root)
    for name in ("lbd", "vrrpd", "syncd"):
        said = run(root / "usr/sbin" / name, "--version").stdout.strip()
        findings.expect(said == f"{name} {VERSION}", f"{name} --version says '{said}', the package is {VERSION}")
    lbctl = root / "usr/bin/lbctl"
    checked = run(lbctl, "check", root / "etc/tandem/tandem.json", check=False)
    findings.expect(checked.returncode == 0, f"lbctl check accepts the first configuration: {checked.stdout}{checked.stderr}")
    for shell, file in (("bash", "usr/share/bash-completion/completions/lbctl"),
                        ("fish", "usr/share/fish/vendor_completions.d/lbctl.fish")):
        findings.expect(run(lbctl, "completion", shell).stdout == (root / file).read_text(), f"{file} is what lbctl prints")
    schema = root / "usr/share/tandem/tandem.schema.json"
    findings.expect(run(lbctl, "schema").stdout == schema.read_text(), "the schema is what lbctl prints")
    for example in [root / "etc/tandem/tandem.json", *(root / "usr/share/doc/tandem-lb/examples").iterdir()]:
        findings.expect(f'"$schema": "file:///{schema.relative_to(root)}"' in example.read_text(),
                        f"{example.relative_to(root)} names the installed schema")


def check_shell(findings, what, script):
    done = run("sh", "-n", check=False, input=script)
    findings.expect(done.returncode == 0, f"{what} is no shell script: {done.stderr}")


def environment_without_colour():
    return {**os.environ, "TERM": "dumb", "NO_COLOR": "1"}
