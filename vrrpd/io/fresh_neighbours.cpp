#include "vrrpd/io/fresh_neighbours.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

#include "common/log/log.hpp"

namespace tandem::vrrp {
namespace {

// An answer that travels is not to be thrown away, with the packets that wait for it.
constexpr Duration lost_for_certain = std::chrono::milliseconds(20);

}  // namespace

void FreshNeighbours::want(int link) {
  if (std::find(links_.begin(), links_.end(), link) != links_.end()) return;
  if (links_.empty()) {
    boost::asio::post(io_, [this] {
      for (const int wanted : std::exchange(links_, {})) {
        if (auto forgotten = netlink_.forget_questions(wanted, lost_for_certain); !forgotten) {
          log::warning("{}: some neighbours may not be reached for up to a second", forgotten.error().message);
        }
      }
    });
  }
  links_.push_back(link);
}

}  // namespace tandem::vrrp
