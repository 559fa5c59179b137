#include "vrrpd/io/voting.hpp"

#include <fmt/core.h>

#include <utility>

#include "common/io/clock.hpp"

namespace tandem::vrrp {
namespace {

// Three periods of silence, as with the adverts and the heartbeat.
constexpr ProbeRhythm rhythm{.interval = std::chrono::milliseconds(100), .timeout = std::chrono::milliseconds(300)};

}  // namespace

Voting::Voting(boost::asio::io_context& io, io::EventLog& events, std::string run_dir, Handlers handlers)
    : io_(io), events_(events), run_dir_(std::move(run_dir)), handlers_(std::move(handlers)), timer_(io) {}

void Voting::set(VotingConfig config) {
  const VotingConfig before = std::exchange(config_, std::move(config));
  if (!started_) return;
  if (before.witnesses != config_.witnesses) ask_witnesses();
  if (before.peer != config_.peer) listen_to_peer();
  handlers_.news();
}

void Voting::start() {
  started_ = true;
  ask_witnesses();
  listen_to_peer();
  beat();
}

void Voting::ask_witnesses() {
  probers_.clear();
  sight_ = WitnessSight(config_.witnesses.size());
  for (std::size_t i = 0; i < config_.witnesses.size(); ++i) {
    probers_.push_back(std::make_unique<WitnessProber>(io_, config_.witnesses[i], rhythm,
                                                       [this, i](bool answered) { heard(i, answered); }));
  }
}

void Voting::heard(std::size_t witness, bool answered) {
  const Sight before = sight();
  sight_.heard(witness, answered);
  if (sight() == before) return;
  if (sight() == Sight::lost) {
    events_.add("witnesses_lost", config_.self, "no witness answers: this node is cut off, or all of them are gone");
  } else {
    events_.add("witnesses_clear", config_.self,
                config_.witnesses[witness].address.to_string() + (before == Sight::lost ? " answers again" : " answers"));
  }
  handlers_.news();
}

void Voting::listen_to_peer() {
  line_ = std::make_unique<PeerLine>(io_, run_dir_, config_.self, config_.peer, [this] {
    note_peer();
    handlers_.news();
  });
  line_->start();
}

void Voting::note_peer() {
  const TimePoint now = io::now();
  if (line_->peer().fresh(now) == peer_heard_) return;
  peer_heard_ = !peer_heard_;
  const auto heard = line_->peer().heard();
  if (peer_heard_) {
    events_.add("peer_heard", config_.peer, "its heartbeat comes over the sync link");
  } else {
    events_.add("peer_silent", config_.peer,
                heard ? fmt::format("no heartbeat over the sync link for {:.0f} ms",
                                    std::chrono::duration<double, std::milli>(now - *heard).count())
                      : "its vrrpd was started again");
  }
}

void Voting::beat() {
  note_peer();
  handlers_.vote();
  line_->publish(sight(), handlers_.addresses(), config_.period);
  timer_.expires_after(config_.period);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) beat();
  });
}

void Voting::publish_if_news() {
  if (!line_) return;
  auto addresses = handlers_.addresses();
  if (line_->is_news(sight(), addresses)) line_->publish(sight(), std::move(addresses), config_.period);
}

std::optional<PeerVoice> Voting::peer(std::uint32_t name, TimePoint now) const {
  return line_ ? line_->peer().voice(name, now) : std::nullopt;
}

std::uint64_t Voting::peer_epoch(std::uint32_t name) const { return line_ ? line_->peer().epoch(name) : 0; }

std::vector<WitnessStatus> Voting::witnesses() const {
  std::vector<WitnessStatus> out;
  for (std::size_t i = 0; i < probers_.size(); ++i) {
    out.push_back({.witness = config_.witnesses[i], .answers = sight_.answers(i)});
  }
  return out;
}

}  // namespace tandem::vrrp
