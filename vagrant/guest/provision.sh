#!/usr/bin/env bash
# Provisions one machine of the lab (argument: its name). Runs as root in the guest; runs again harmlessly.
set -euo pipefail
name=$1

# Our own box has what is needed baked in, because it may have no network; elsewhere apt fetches it.
export DEBIAN_FRONTEND=noninteractive

need_python() { command -v python3 > /dev/null || { apt-get update && apt-get install --yes --no-install-recommends python3; }; }
interface_of() { ip -o -4 addr show | awk -v net="$1" 'index($4, net) == 1 && !found++ {print $2}'; }

case "$name" in
  lb*)
    trap 'rm -f /tmp/cluster.key' EXIT
    dpkg --force-confold --install /tmp/tandem-lb.deb \
      || { apt-get update && apt-get -o Dpkg::Options::=--force-confold install --yes --fix-broken; }
    lan=$(interface_of 192.168.156.)
    install -d -m 755 /etc/tandem
    sed "s/@INTERFACE@/$lan/; s/@ADVERT_INTERVAL@/$(cat /tmp/advert-interval 2>/dev/null || echo 100ms)/" \
      /tmp/tandem.json > /etc/tandem/tandem.json
    install -m 640 -o root -g tandem-daemons /tmp/cluster.key /etc/tandem/cluster.key
    lbctl check /etc/tandem/tandem.json
    systemctl enable tandem.target tandem-syncd tandem-lbd tandem-vrrpd
    systemctl restart tandem-syncd tandem-lbd tandem-vrrpd tandem.target
    ;;
  b*)
    need_python
    install -m 755 /tmp/backend.py /usr/local/bin/backend.py
    cat > /etc/systemd/system/backend.service <<'EOF'
[Unit]
Description=Demo backend
[Service]
ExecStart=/usr/bin/python3 /usr/local/bin/backend.py
Restart=always
[Install]
WantedBy=multi-user.target
EOF
    systemctl daemon-reload
    systemctl enable --now backend.service
    ;;
  client)
    need_python
    install -m 755 /tmp/probe.py /usr/local/bin/probe.py
    ;;
esac
