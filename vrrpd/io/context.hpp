// What all virtual addresses of this node share; owned by the daemon (daemon.cpp), io thread only.
#pragma once

#include <boost/asio/io_context.hpp>

#include <functional>
#include <string>

#include "common/io/event_log.hpp"
#include "vrrpd/io/advert_outbox.hpp"
#include "vrrpd/io/advert_seal.hpp"
#include "vrrpd/io/alarm_clock.hpp"
#include "vrrpd/io/announcer.hpp"
#include "vrrpd/io/fresh_neighbours.hpp"
#include "vrrpd/io/held_board.hpp"
#include "vrrpd/io/lbd_watch.hpp"
#include "vrrpd/io/maintenance.hpp"
#include "vrrpd/io/netlink.hpp"
#include "vrrpd/io/sync_watch.hpp"
#include "vrrpd/io/tracker.hpp"
#include "vrrpd/io/virtual_mac_devices.hpp"
#include "vrrpd/io/voting.hpp"
#include "vrrpd/lease/lease_table.hpp"

namespace tandem::vrrp {

struct Context {
  boost::asio::io_context& io;
  TimePoint started;  // of the daemon
  Netlink& netlink;
  const Announcer& announcer;
  AdvertOutbox& outbox;
  AlarmClock& alarms;
  VirtualMacDevices& virtual_macs;
  FreshNeighbours& neighbours;
  HeldBoard& board;
  AdvertSeal& seal;
  LeaseTable* leases;  // nullptr if the kernel refuses them
  io::EventLog& events;
  const LbdStatus& lbd;
  const SyncStatus& sync;
  const Voting& voting;
  const Tracker& tracker;
  const MaintenanceStatus& maintenance;
  ProgramRunner& programs;
  std::function<void()> status_changed;  // somebody may want to see the new status
};

}  // namespace tandem::vrrp
