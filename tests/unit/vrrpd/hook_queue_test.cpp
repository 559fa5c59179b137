#include "vrrpd/core/hook_queue.hpp"

#include <doctest/doctest.h>

namespace tandem::vrrp {
namespace {

HookNotice notice(const char* state) { return {.state = state, .cause = "startup", .priority = 253}; }

TEST_CASE("hooks: one at a time, in order, the latest of those that wait") {
  HookQueue queue;
  CHECK(queue.add(notice("backup")) == notice("backup"));
  CHECK_FALSE(queue.add(notice("active")));
  CHECK_FALSE(queue.add(notice("fault")));
  CHECK_FALSE(queue.add(notice("backup")));
  CHECK(queue.dropped() == 2);
  CHECK(queue.ended() == notice("backup"));
  CHECK_FALSE(queue.add(notice("active")));
  CHECK(queue.ended() == notice("active"));
  CHECK_FALSE(queue.ended());
  CHECK(queue.add(notice("stopped")) == notice("stopped"));
  CHECK(queue.dropped() == 2);
}

}  // namespace
}  // namespace tandem::vrrp
