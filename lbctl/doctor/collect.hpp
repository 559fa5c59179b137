// Gathers facts: reads files and sockets of this host, asks its daemons, probes the network. Changes nothing.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "lbctl/doctor/facts.hpp"
#include "lbctl/grammar.hpp"

namespace tandem::ctl {

/// All facts but those of the peer. Takes up to some seconds.
Facts collect(const Invocation& invocation);

// The parts of collect(), in this order.

/// Configuration, key and which node this host is.
void collect_setup(const Invocation& invocation, Facts& facts);
/// What the daemons say and how they run; fills vips, sync, daemons.
void collect_daemons(const Invocation& invocation, Facts& facts);
/// Interfaces, sysctls, network managers, clock, other programs.
void collect_host(Facts& facts);
/// What nftables and the old iptables do with adverts and replication.
void collect_firewall(Facts& facts);
/// ARP, neighbour discovery, ping and TCP probes.
void collect_probes(Facts& facts);

/// The first line of a file; nullopt if there is none.
std::optional<std::string> first_line(const std::string& path);
/// The same as a number.
std::optional<int> read_number(const std::string& path);

}  // namespace tandem::ctl
