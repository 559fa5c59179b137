#!/usr/bin/env bash
# Installs what is missing, and only that. Works offline, and without root, once all is there.
#
#   cmake/install-dependencies.sh GROUP…      build, test, gate, bench, clang, deb, rpm, vagrant
#   cmake/install-dependencies.sh --list GROUP…   only print the packages' names
set -euo pipefail

# "a|b": a where the system has it (Debian 12), else b (its successors). "b>=V": an older b that is there does not do.
build=(g++ cmake ninja-build ccache lld pkg-config python3
       'libboost1.81-dev|libboost-dev>=1.81' libssl-dev nlohmann-json3-dev libspdlog-dev libfmt-dev
       libnl-3-dev libnl-route-3-dev libbpf-dev 'clang-14|clang' doctest-dev)
test=(systemd-container debootstrap python3 iproute2 iputils-arping nftables procps curl util-linux tshark keepalived
      zsh fish python3-jsonschema mandoc)
gate=(valgrind strace)
bench=(python3 iproute2 procps util-linux haproxy nginx-light libnginx-mod-stream nghttp2-client openssl keepalived nftables)
clang=('clang-14|clang' 'clang-tidy-14|clang-tidy')
deb=(build-essential debhelper dpkg-dev lintian 'systemd-dev|systemd')
rpm=(rpm rpmlint debugedit elfutils)
vagrant=(vagrant vagrant-libvirt libvirt-daemon-system libvirt-clients dnsmasq-base iptables iproute2 qemu-system-x86 qemu-utils
         openssh-client rsync python3 debootstrap grub-pc-bin grub-common e2fsprogs)

say() { printf 'dependencies: %s\n' "$*" >&2; }

list_only=no
if [ "${1:-}" = --list ]; then
  list_only=yes
  shift
fi
[ $# -gt 0 ] || { say "name at least one group: build, test, gate, bench, clang, deb, rpm, vagrant"; exit 2; }

wanted=()
for group in "$@"; do
  case "$group" in
    build | test | gate | bench | clang | deb | rpm | vagrant) declare -n packages=$group; wanted+=("${packages[@]}") ;;
    *) say "unknown group '$group' (build, test, gate, bench, clang, deb, rpm, vagrant)"; exit 2 ;;
  esac
done
mapfile -t wanted < <(printf '%s\n' "${wanted[@]}" | sort -u)

if [ "$list_only" = yes ]; then
  printf '%s\n' "${wanted[@]}"
  exit 0
fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  say "this is not a Debian-like system (no apt): going on with what is there. Needed, by Debian's names:"
  say "  ${wanted[*]}"
  exit 0
fi

is_installed() {
  # Any nginx will do.
  case "$1" in nginx-light) command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] && return 0 ;; esac
  local state version least
  read -r state version < <(dpkg-query -W -f '${db:Status-Status} ${Version}\n' "${1%>=*}" 2>/dev/null)
  least=${1#*>=}
  [ "$state" = installed ] && { [ "$least" = "$1" ] || dpkg --compare-versions "$version" ge "$least"; }
}

missing=()
for package in "${wanted[@]}"; do
  is_installed "${package%%|*}" || is_installed "${package##*|}" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { say "that needs root: run as root, or install them yourself with apt-get install"; exit 1; }
  as_root=(sudo)
fi
# A fresh host has no package lists; an outdated one may name files that are gone.
"${as_root[@]}" apt-get -q update >/dev/null || { say "apt-get update failed: is there a network and a Debian mirror?"; exit 1; }
for i in "${!missing[@]}"; do
  first=${missing[i]%%|*}
  successor=${missing[i]##*|}
  if [[ $(apt-cache policy "$first") == *'Candidate: '[!\(]* ]]; then missing[i]=$first; else missing[i]=${successor%>=*}; fi
done
say "installing ${missing[*]}"
# haproxy, nginx and libvirtd must not start as services because somebody wants their programs.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod +x "$policy"
fi
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get -q -y install --no-install-recommends "${missing[@]}" >/dev/null \
  || { say "apt-get install failed; try: apt-get install ${missing[*]}"; exit 1; }
