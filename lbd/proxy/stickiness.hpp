// Stickiness of one exchange or TCP connection: whom the client is bound to, and binding it.
//
// find() and bind() are for groups with stickiness.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "common/base/inet.hpp"
#include "lbd/core/http1/head.hpp"
#include "lbd/proxy/group.hpp"
#include "lbd/proxy/worker_context.hpp"

namespace tandem::lbd {

class Stickiness {
 public:
  /// The backend that the client is bound to and that can be asked now; nullptr if there is none.
  /// `head`: nullptr for TCP, where only the source binds.
  [[nodiscard]] Backend* find(WorkerContext& context, Group& group, const http1::MessageHead* head,
                              const IpAddress& source);
  /// A request of the client goes to `backend`: remembers the source, if that is how it is bound.
  void bind(WorkerContext& context, Group& group, const Backend& backend, const IpAddress& source);
  /// The Set-Cookie line for a reply of `backend`; empty if the client needs none.
  [[nodiscard]] std::string_view set_cookie_line(WorkerContext& context, Group& group, const Backend& backend,
                                                 std::span<char> out);
  /// The client was bound to the backend that got its request.
  [[nodiscard]] bool kept() const noexcept { return kept_; }

 private:
  std::uint64_t bound_to_ = 0;  // identity of the backend; 0: none
  bool refresh_ = false;
  bool kept_ = false;
};

}  // namespace tandem::lbd
