// The voices of this node beside the adverts: what the peer's vrrpd says over the sync link, and whether the witnesses
// answer. Tells the peer how this node is, and the instances when to vote anew (vrrpd/core/votes.hpp).
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/inet.hpp"
#include "common/base/time.hpp"
#include "common/io/event_log.hpp"
#include "vrrpd/core/heartbeat.hpp"
#include "vrrpd/core/witness_sight.hpp"
#include "vrrpd/io/peer_line.hpp"
#include "vrrpd/io/witness_prober.hpp"

namespace tandem::vrrp {

struct VotingConfig {
  std::string self;  // names of the nodes
  std::string peer;
  std::vector<Endpoint> witnesses;
  SplitPolicy policy = SplitPolicy::availability;
  Duration period = std::chrono::milliseconds(100);  // of the heartbeat; three missed ones are silence
};

struct WitnessStatus {
  Endpoint witness;
  std::optional<bool> answers;  // nullopt: it has not had the time
};

/// Owned by the daemon, io thread only.
class Voting {
 public:
  struct Handlers {
    std::function<void()> vote;  // each period, and when the peer falls silent
    std::function<void()> news;  // the voices say something new
    std::function<std::vector<HeartbeatAddress>()> addresses;  // what the peer is told
  };

  /// `events` gets witnesses_lost, witnesses_clear, peer_silent and peer_heard. Heartbeats go out at whole periods after
  /// `in_step_with`, as adverts at whole intervals do (FsmConfig::in_step_with).
  Voting(boost::asio::io_context& io, io::EventLog& events, std::string run_dir, TimePoint in_step_with, Handlers handlers);
  /// Before start(), and whenever the configuration was loaded again.
  void set(VotingConfig config);
  void start();
  /// Tells the peer at once if it does not know already.
  void publish_if_news();

  [[nodiscard]] Sight sight() const;
  [[nodiscard]] bool long_lost() const;
  [[nodiscard]] SplitPolicy policy() const { return config_.policy; }
  /// PeerHeartbeat::voice, PeerHeartbeat::gone, PeerHeartbeat::heard and PeerHeartbeat::epoch.
  [[nodiscard]] std::optional<PeerVoice> peer(std::uint32_t name, TimePoint now) const;
  [[nodiscard]] bool peer_gone(TimePoint now) const { return !line_ || line_->peer().gone(now); }
  [[nodiscard]] std::optional<TimePoint> peer_heard() const { return line_ ? line_->peer().heard() : std::nullopt; }
  [[nodiscard]] std::uint64_t peer_epoch(std::uint32_t name) const;
  [[nodiscard]] std::vector<WitnessStatus> witnesses() const;

 private:
  void ask_witnesses();
  void heard(std::size_t witness, bool answered);
  void note_sight(const std::string& witness);
  void doubt_later();
  void listen_to_peer();
  void note_peer();
  void notice_silence();
  void beat();

  boost::asio::io_context& io_;
  io::EventLog& events_;
  std::string run_dir_;
  const TimePoint in_step_with_;
  Handlers handlers_;
  VotingConfig config_;
  bool started_ = false;
  bool peer_heard_ = false;  // as the events say
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer doubt_;
  boost::asio::steady_timer silence_;  // of the peer
  WitnessSight sight_{0, {}};
  Sight told_ = Sight::unknown;  // to the instances and the events
  std::vector<std::unique_ptr<WitnessProber>> probers_;
  std::unique_ptr<PeerLine> line_;
};

}  // namespace tandem::vrrp
