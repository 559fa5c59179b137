// The qdisc clsact of an interface: what the kernel lease and the hand-over relay hang on.
//
// There is one for everybody, and it does not say who made it. So vrrpd notes in its run directory where it did, and removes
// that one only, once no filter is left on it. Part of the netlink adapter.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "vrrpd/io/netlink.hpp"

namespace tandem::vrrp {

/// Makes the qdisc if the link has none, and notes that.
Result<> make_clsact(const Link& link, const std::string& run_dir);

/// After the end of vrrpd: detaches its programs from these links, then removes the qdiscs that it has made and nobody else
/// uses; their notes go with them. Returns how many programs there were.
Result<std::size_t> remove_filters(const std::vector<Link>& links, const std::string& run_dir);

}  // namespace tandem::vrrp
