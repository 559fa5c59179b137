// A listener in one worker: where its connections come from and by which rules they are served.
#pragma once

#include <memory>
#include <vector>

#include "lbd/core/http1/edits.hpp"
#include "lbd/core/routing/router.hpp"
#include "lbd/engine/acceptor.hpp"
#include "lbd/proxy/group.hpp"
#include "lbd/proxy/ref.hpp"
#include "lbd/proxy/worker_context.hpp"

namespace tandem::lbd {

/// The rules of one snapshot; an exchange keeps the ones it began with.
struct ListenerRules final : RefCounted {
  config::ListenerConfig config;
  http1::CompiledEdits request_edits;
  http1::CompiledEdits response_edits;
  Router router;
  std::vector<Ref<Group>> groups;  // by the indexes that the router gives
  Ref<Group> default_group;        // TCP listeners go by this alone

  /// X-Forwarded-* of this client are to be believed.
  [[nodiscard]] bool trusts(const IpAddress& client) const noexcept;
};

class Listener final : public RefCounted, public AcceptHandler {
 public:
  Listener(WorkerContext& context, ListenerId id, ListenerCounters& counters, FdReserve& reserve);

  /// New rules, and the socket to accept from (borrowed); an unchanged socket goes on undisturbed.
  void update(Ref<ListenerRules> rules, int listening_fd);
  /// Out of the configuration: accepts what waits in the queue, then no more.
  void remove();
  /// Takes one batch of what waits in the queue now.
  void accept_waiting();

  [[nodiscard]] ListenerId id() const noexcept { return id_; }
  [[nodiscard]] ListenerCounters& counters() noexcept { return counters_; }
  [[nodiscard]] const Ref<ListenerRules>& rules() const noexcept { return rules_; }
  [[nodiscard]] bool removed() const noexcept { return removed_; }

 private:
  void on_accepted(int fd, const Endpoint& peer) override;
  bool on_exhausted() override;
  void on_shed() override;
  void on_accept_error(int error) override;
  [[nodiscard]] bool over_limit() const noexcept;

  WorkerContext& context_;
  ListenerId id_;
  ListenerCounters& counters_;
  FdReserve& reserve_;
  Ref<ListenerRules> rules_;
  int listening_fd_ = -1;
  bool removed_ = false;
  std::unique_ptr<Acceptor> acceptor_;
};

}  // namespace tandem::lbd
