#!/usr/bin/env bash
# Builds a libvirt box with the content of debian/bookworm64 out of Debian packages, for hosts that cannot
# fetch the public box. Needs root; no loop device, no mount: the file system is written by mke2fs.
#
#   vagrant/build-box.sh          builds it if it is not cached (about 4 minutes), prints its path
#   vagrant/build-box.sh --path   only prints where it is or would be
#   vagrant box add --name tandem/bookworm64 "$(vagrant/build-box.sh)"
#   TANDEM_BOX=tandem/bookworm64 vagrant up
#
# Cached in /var/cache/tandem (or $TANDEM_CACHE); the name follows this script, so that another recipe is another box.
# Packages of this host that it uses: cmake/install-dependencies.sh vagrant
set -euo pipefail

say() { printf 'build-box: %s\n' "$*" >&2; }

cache=${TANDEM_CACHE:-/var/cache/tandem}
name=vagrant-bookworm-$(sha256sum < "$0" | cut -c 1-8)
box=$cache/$name.box

case "${1:-}" in
  '') ;;
  --path) echo "$box"; exit 0 ;;
  *) sed -n '2,11p' "$0" >&2; exit 2 ;;
esac
[ "$(id -u)" = 0 ] || { say "must run as root (debootstrap)"; exit 1; }
for tool in debootstrap grub-mkimage qemu-img mke2fs python3; do
  command -v "$tool" > /dev/null || { say "$tool is missing: cmake/install-dependencies.sh vagrant"; exit 1; }
done
# Debian's vagrant has its public key under /usr/share, HashiCorp's under /opt/vagrant.
key=$(find /usr/share /opt/vagrant -path '*keys/vagrant.pub' -print -quit 2> /dev/null) || true
[ -n "$key" ] || { say "vagrant's public key not found; install the package vagrant"; exit 1; }

mkdir -p "$cache"
# Two runs at once: the second one waits for the first one's result.
exec 9> "$cache/$name.lock"
flock 9
if [ -f "$box" ]; then
  echo "$box"
  exit 0
fi

work=$(mktemp -d "$cache/.$name.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
root=$work/root
log=$work/log

# Runs a command silently; shows the end of its output if it fails.
logged() { "$@" > "$log" 2>&1 || { tail -n 20 "$log" >&2; say "failed: $*"; exit 1; }; }

# What the guests need to run the package is baked in, so that provisioning works without a network.
packages=linux-image-cloud-amd64,initramfs-tools,systemd-sysv,dbus,udev,kmod,ifupdown,isc-dhcp-client,iproute2
packages+=,iputils-ping,iputils-arping,openssh-server,sudo,rsync,python3,procps,netbase,curl
packages+=,libbpf1,libfmt9,libnl-3-200,libnl-route-3-200,libspdlog1.10,libssl3,adduser
say "building $box with debootstrap; that takes some minutes, once"
logged debootstrap --variant=minbase --include="$packages" bookworm "$root" ${TANDEM_MIRROR:+"$TANDEM_MIRROR"}

in_root() { chroot "$root" "$@"; }
in_root useradd --create-home --shell /bin/bash vagrant
echo 'vagrant:vagrant' | in_root chpasswd
install -d -m 700 "$root/home/vagrant/.ssh"
install -m 600 "$key" "$root/home/vagrant/.ssh/authorized_keys"
in_root chown -R vagrant:vagrant /home/vagrant/.ssh
echo 'vagrant ALL=(ALL) NOPASSWD: ALL' > "$root/etc/sudoers.d/vagrant"
chmod 440 "$root/etc/sudoers.d/vagrant"
: > "$root/etc/machine-id"
echo 'LABEL=tandemroot / ext4 errors=remount-ro 0 1' > "$root/etc/fstab"
cat > "$root/etc/network/interfaces" <<'EOF'
source /etc/network/interfaces.d/*
auto lo
iface lo inet loopback
allow-hotplug eth0
iface eth0 inet dhcp
EOF
echo tandem > "$root/etc/hostname"
sed -i 's/^MODULES=.*/MODULES=list/' "$root/etc/initramfs-tools/initramfs.conf"
printf '%s\n' virtio_pci virtio_blk virtio_net ext4 crc32c_generic > "$root/etc/initramfs-tools/modules"
logged in_root update-initramfs -u
rm -rf "$root/var/cache/apt/archives"/*.deb "$root/var/lib/apt/lists"/*

kernel=$(basename "$(ls "$root"/boot/vmlinuz-* | sort -V | tail -n 1)")
initrd=$(basename "$(ls "$root"/boot/initrd.img-* | sort -V | tail -n 1)")
mkdir -p "$root/boot/grub"
cat > "$root/boot/grub/grub.cfg" <<EOF
set timeout=0
set root=(hd0,msdos1)
linux /boot/$kernel root=LABEL=tandemroot ro net.ifnames=0 console=ttyS0 quiet
initrd /boot/$initrd
boot
EOF
cp -r /usr/lib/grub/i386-pc "$root/boot/grub/"

# One partition from sector 2048 to the end of a 2 GiB disk, written without partitioning tools.
disk=$work/disk.raw
truncate -s 2G "$disk"
python3 - "$disk" <<'EOF'
import struct, sys
first, sectors = 2048, 2 * 1024 * 1024 * 1024 // 512
entry = struct.pack('<B3sB3sII', 0x80, b'\xfe\xff\xff', 0x83, b'\xfe\xff\xff', first, sectors - first)
with open(sys.argv[1], 'r+b') as disk:
    disk.seek(446)
    disk.write(entry)
    disk.seek(510)
    disk.write(b'\x55\xaa')
EOF
mke2fs -q -t ext4 -L tandemroot -E offset=$((2048 * 512)) -d "$root" "$disk" $((2 * 1024 * 1024 - 1024))k
grub-mkimage -O i386-pc -p '(hd0,msdos1)/boot/grub' -o "$work/core.img" biosdisk part_msdos ext2 normal linux configfile
dd if=/usr/lib/grub/i386-pc/boot.img of="$disk" bs=440 count=1 conv=notrunc status=none
dd if="$work/core.img" of="$disk" bs=512 seek=1 conv=notrunc status=none

qemu-img convert -O qcow2 "$disk" "$work/box.img"
echo '{"provider":"libvirt","format":"qcow2","virtual_size":2}' > "$work/metadata.json"
echo 'Vagrant.configure("2") { |config| }' > "$work/Vagrantfile"
tar -C "$work" -czf "$work/box" metadata.json Vagrantfile box.img
mv "$work/box" "$box"
echo "$box"
