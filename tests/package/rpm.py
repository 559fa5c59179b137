#!/usr/bin/env python3
"""The .rpm: built from the source tarball, installed into a scratch root, upgraded, removed; rpmlint."""
import os
import pathlib
import re
import tempfile

from common import (COMMON_FILES, ROOT, UNITS, VERSION, Findings, check_programs, check_runs, check_shell,
                    environment_without_colour, need, package, run)

NEXT = "0.2.0"
MODES = {"/etc/tandem/tandem.json": "-rw-r--r--", "/usr/libexec/tandem/restart-one-by-one": "-rwxr-xr-x"}


def query(package_file, form):
    return run("rpm", "-qp", "--queryformat", form, package_file).stdout.splitlines()


def check_source(findings, source):
    """The source package holds the tarball and the spec, and the tarball is the project, not a build."""
    findings.equal(run("rpm", "-qpl", source).stdout.split(), [f"tandem-lb-{VERSION}.tar.gz", "tandem-lb.spec"], "source package")
    names = run("tar", "-tzf", package(f"tandem-lb-{VERSION}.tar.gz")).stdout.split()
    top = f"tandem-lb-{VERSION}/"
    findings.expect(all(name.startswith(top) for name in names), f"everything in the tarball is in {top}")
    findings.expect({top + "CMakeLists.txt", top + "LICENSE", top + "packaging/rpm/tandem-lb.spec", top + "package"} <= set(names),
                    "the tarball holds the project")
    findings.expect(not any(name.startswith((top + "build/", top + "debian/")) for name in names), "the tarball holds no build")


def check_files(findings, rpm):
    rows = [row.split("|") for row in query(rpm, r"[%{FILENAMES}|%{FILEMODES:perms}|%{FILEUSERNAME}:%{FILEGROUPNAME}|%{FILEFLAGS:fflags}\n]")]
    files = [row for row in rows if not row[1].startswith("d")]
    expected = ["/" + name for name in COMMON_FILES] + [f"/usr/lib/systemd/system/{unit}" for unit in UNITS] + \
        [f"/usr/share/doc/tandem-lb/{name}" for name in ("CHANGES", "README.md")] + \
        ["/usr/share/licenses/tandem-lb/LICENSE", "/usr/share/zsh/site-functions/_lbctl"]
    # rpm on Debian writes no build-id links; elsewhere they point from here to the programs.
    findings.equal([row[0] for row in files if not row[0].startswith("/usr/lib/.build-id")], expected, "files")
    directories = [row[0] for row in rows if row[1].startswith("d") and not row[0].startswith("/usr/lib/.build-id")]
    findings.equal(directories, ["/etc/tandem", "/usr/libexec/tandem", "/usr/share/tandem", "/usr/share/doc/tandem-lb",
                                 "/usr/share/doc/tandem-lb/examples", "/usr/share/licenses/tandem-lb"], "own directories")
    for name, mode, owner, flags in rows:
        findings.expect(owner == "root:root", f"{name} belongs to root, not to {owner}")
        wanted = MODES.get(name) or ("drwxr-xr-x" if mode.startswith("d") else
                                     "-rwxr-xr-x" if re.match(r"/usr/s?bin/", name) else "-rw-r--r--")
        findings.expect(mode == wanted or mode.startswith("l"), f"{name} has mode {mode}, expected {wanted}")
        findings.expect(("c" in flags) == (name == "/etc/tandem/tandem.json"), f"{name}: configuration file or not")
    findings.expect(any(row[0] == "/etc/tandem/tandem.json" and "n" in row[3] for row in files), "an edited configuration is kept")


def check_dependencies(findings, rpm):
    requires = run("rpm", "-qp", "--requires", rpm).stdout
    for library in (r"libbpf\.so\.1", r"libcrypto\.so\.3", r"libssl\.so\.3", r"libfmt\.so\.", r"libnl-3\.so\.200", r"libspdlog\.so\.",
                    r"libstdc\+\+\.so\.6", r"libc\.so\.6", "systemd"):
        findings.expect(re.search(rf"^{library}", requires, re.M) is not None, f"requires {library}: {requires}")
    findings.expect(" = " not in re.sub(r"^(rpmlib|config)\(.*", "", requires, flags=re.M), f"no exact version: {requires}")
    findings.expect("vrrpd" in run("rpm", "-qp", "--conflicts", rpm).stdout.split(), "conflicts with vrrpd")
    findings.expect(query(rpm, "%{VERSION}-%{RELEASE} %{LICENSE}\\n") == [f"{VERSION}-1 Apache-2.0 AND (MIT OR GPL-2.0-only)"], "version and licence")


def check_scripts(findings, rpm):
    scripts = {}
    for name in ("POSTIN", "PREUN", "POSTUN", "POSTTRANS"):
        scripts[name] = "\n".join(query(rpm, f"%{{{name}}}\\n"))
        findings.expect(scripts[name] != "(none)", f"has a script {name}")
        check_shell(findings, name, scripts[name])
        lines = [line.strip() for line in scripts[name].splitlines()]
        findings.expect(not any(re.match(r"(systemd-|systemctl|/usr/libexec)", line) and not line.endswith("|| :") for line in lines),
                        f"{name}: no failure keeps rpm from going on")
    findings.expect(query(rpm, "%{PREIN}\\n") == ["(none)"], "no script before the files are there")
    users, directories = (scripts["POSTIN"].find(word) for word in ("systemd-sysusers", "systemd-tmpfiles --create"))
    findings.expect(0 <= users < directories, "users, then directories")
    findings.expect(re.search(r'"\$1" = 0 .*\n\s*systemctl disable --now tandem.target', scripts["PREUN"]) is not None,
                    "the node is stopped on removal only")
    findings.expect("restart-one-by-one" in scripts["POSTTRANS"], "an upgrade restarts one by one")
    started = [name for name, text in scripts.items() if re.search(r"systemctl (start|enable|restart)", text)]
    findings.expect(not started, f"nothing is started: {started}")


def check_installation(findings, rpm, debug, place):
    """Into a root of its own: the files arrive, an edited configuration survives, removal leaves only that."""
    root = place / "root"
    root.mkdir()

    def in_root(*words):
        # The scripts would need a whole system in there; the dependencies are this host's.
        return run("rpm", "--root", root, "--nodeps", "--noscripts", "--ignoresize", "--nosignature", *words)

    run("rpm", "--root", root, "--initdb")
    in_root("--install", rpm, debug)
    check_programs(findings, root, root)
    check_runs(findings, root)
    verified = run("rpm", "--root", root, "--verify", "--nodeps", "--noscripts", "tandem-lb", check=False)
    findings.expect(verified.returncode == 0, f"rpm --verify: {verified.stdout}")
    config = root / "etc/tandem/tandem.json"
    config.write_text("// edited\n" + config.read_text())
    in_root("--upgrade", "--replacepkgs", "--force", rpm)
    findings.expect(config.read_text().startswith("// edited\n"), "an upgrade keeps the edited configuration")
    in_root("--erase", "tandem-lb", "tandem-lb-debuginfo")
    left = [str(path.relative_to(root)) for path in root.rglob("*") if "tandem" in path.name or "lbctl" in path.name]
    findings.equal(left, ["etc/tandem", "etc/tandem/tandem.json.rpmsave"], "what a removal leaves")


def next_version(rpm, place):
    """The same payload and scripts under a higher version, without compiling anything."""
    payload = place / "payload"
    payload.mkdir()
    run("rpm", "--root", payload, "--initdb")
    run("rpm", "--root", payload, "--nodeps", "--noscripts", "--ignoresize", "--nosignature", "--install", rpm)
    # A newer rpm makes the users of the package in the new root, and links by build id: neither is payload.
    names = query(rpm, "[%{FILENAMES}\\n]")
    (place / "names").write_text("".join(f".{name}\n" for name in names if "/.build-id" not in name))
    spec = (ROOT / "packaging/rpm/tandem-lb.spec").read_text()
    copied = f"%install\ntar -C {payload} --no-recursion -T {place}/names -c | tar -C %{{buildroot}} -x\n\n"
    spec = re.sub(r"^%prep\n.*?^(?=%post\n)", copied, spec, flags=re.M | re.S)
    spec = re.sub(r"^Version:.*", f"Version: {NEXT}", spec, flags=re.M)
    spec = spec.replace("%license LICENSE", "%dir /usr/share/licenses/tandem-lb\n%license /usr/share/licenses/tandem-lb/LICENSE")
    spec = spec.replace("%doc README.md CHANGES", "%dir /usr/share/doc/tandem-lb\n%doc /usr/share/doc/tandem-lb/README.md\n%doc /usr/share/doc/tandem-lb/CHANGES")
    (place / "next.spec").write_text(re.sub(r"^Source0:.*\n|^%debug_package\n", "", spec, flags=re.M))
    run("rpmbuild", "-bb", "--nodeps", "--define", f"_topdir {place}/rpmbuild", "--define", "debug_package %{nil}",
        "--define", "__os_install_post %{nil}", place / "next.spec")
    return next(place.glob(f"rpmbuild/RPMS/*/tandem-lb-{NEXT}-1.*.rpm"))


def system_state(root):
    """Users, groups and everything that is named after the project, with owner, group and mode by the root's own names."""
    shown = set()
    for database in ("passwd", "group"):
        shown |= {f"{database} {line.split(':')[0]}" for line in (root / "etc" / database).read_text().splitlines()}
    found = run("chroot", root, "find", "/", "-xdev", "-path", "/proc", "-prune", "-o", "(", "-name", "*tandem*", "-o", "-path",
                "/etc/tandem/*", ")", "-printf", "%p %u:%g %m\\n").stdout
    return shown | {f"file {line}" for line in found.splitlines()}


def check_scripts_run(findings, rpm, place):
    """On a minimal system: users and directories appear, an upgrade keeps them, removal leaves only the users."""
    base = run(ROOT / "tests/boot/base-root", package(f"tandem-lb_{VERSION}-1_*.deb"), check=False) if os.geteuid() == 0 else None
    if base is None or base.returncode != 0:
        print("NOT TRIED: the scripts, run: " + ("needs root" if base is None else base.stderr.strip()), flush=True)
        return
    root = place / "system"
    run("cp", "-a", base.stdout.strip(), root)
    run("rpm", "--root", root, "--initdb")

    def in_system(*words):
        """rpm changes its root for the scripts; systemd's programs want a /proc there."""
        done = run("unshare", "--mount", "--propagation", "private", "sh", "-c", 'mount -t proc none "$0/proc" && exec "$@"', root,
                   "rpm", "--root", root, "--nodeps", "--ignoresize", "--nosignature", *words)
        findings.expect("scriptlet failed" not in done.stderr, f"rpm {words[0]}: {done.stderr}")

    users = {"passwd tandem-lbd", "passwd tandem-syncd", "passwd tandem-vrrpd", "group tandem", "group tandem-daemons"}
    before = system_state(root)
    in_system("--install", rpm)
    installed = system_state(root)
    findings.expect(users <= installed, f"users and groups: missing {sorted(users - installed)}")
    members = re.search(r"^tandem-daemons:.*", (root / "etc/group").read_text(), re.M)
    findings.expect(members and {"tandem-lbd", "tandem-vrrpd", "tandem-syncd"} == set(members.group().split(":")[3].split(",")),
                    f"the daemons share a group: {members and members.group()}")
    for wanted in ("/run/tandem root:tandem-daemons 1775", "/etc/tandem root:root 755", "/etc/tandem/tandem.json root:root 644"):
        findings.expect(f"file {wanted}" in installed, f"{wanted}: {sorted(line for line in installed if wanted.split()[0] in line)}")
    key = root / "etc/tandem/cluster.key"
    key.write_text("0" * 64 + "\n")
    in_system("--upgrade", next_version(rpm, place))
    upgraded = system_state(root)
    findings.equal(upgraded - installed, {"file /etc/tandem/cluster.key root:tandem-daemons 640"}, "what an upgrade adds: the key's mode")
    findings.equal(installed - upgraded, set(), "what an upgrade takes away")
    key.unlink()
    in_system("--erase", "tandem-lb")
    findings.equal(system_state(root) - before, users, "what a removal leaves")


def check_rpmlint(findings, rpm, source):
    config = ROOT / "packaging/rpm/rpmlint.toml"
    done = run("rpmlint", "--strict", "--config", config, rpm, source, check=False, env=environment_without_colour())
    findings.expect(done.returncode == 0 and "0 errors, 0 warnings" in done.stdout, f"rpmlint:\n{done.stdout}{done.stderr}")
    previous = ""
    for line in config.read_text().splitlines():
        if line.strip().startswith("'"):
            findings.expect(previous.strip().startswith(("#", "'")), f"the filter {line.strip()} has a written reason")
        previous = line


def main():
    need("rpm", "rpmlint", "readelf", "tar")
    architecture = run("rpm", "--eval", "%{_arch}").stdout.strip()
    rpm = package(f"tandem-lb-{VERSION}-1.{architecture}.rpm")
    debug = package(f"tandem-lb-debuginfo-{VERSION}-1.{architecture}.rpm")
    source = package(f"tandem-lb-{VERSION}-1.src.rpm")
    findings = Findings()
    check_source(findings, source)
    check_files(findings, rpm)
    check_dependencies(findings, rpm)
    check_scripts(findings, rpm)
    with tempfile.TemporaryDirectory() as directory:
        check_installation(findings, rpm, debug, pathlib.Path(directory))
        check_scripts_run(findings, rpm, pathlib.Path(directory))
    check_rpmlint(findings, rpm, source)
    findings.end()


main()
