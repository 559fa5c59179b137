#include "vrrpd/io/voting.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "common/io/clock.hpp"

namespace tandem::vrrp {
namespace {

constexpr Duration behind_the_adverts = std::chrono::microseconds(50);  // which must not wait for it
constexpr Duration shortest_interval = std::chrono::milliseconds(10);
constexpr Duration shortest_tcp_interval = std::chrono::milliseconds(50);
constexpr Duration patience = std::chrono::milliseconds(300);

ProbeRhythm rhythm_of(const Endpoint& witness, Duration period) {
  if (witness.port != 0) return {.interval = std::max(period, shortest_tcp_interval), .timeout = patience};
  return {.interval = std::max(period / 2, shortest_interval), .timeout = patience};
}

// Doubt comes before a Backup believes in silence, which takes two whole intervals after the last advert at least; but two
// probes of the slowest witness must have been missed.
Duration doubt_of(const VotingConfig& config) {
  Duration doubt = 2 * config.period;
  for (const Endpoint& witness : config.witnesses) doubt = std::max(doubt, 2 * rhythm_of(witness, config.period).interval);
  return doubt;
}

std::chrono::steady_clock::time_point to_asio(TimePoint time) {
  return std::chrono::steady_clock::time_point(time.time_since_epoch());
}

}  // namespace

Voting::Voting(boost::asio::io_context& io, io::EventLog& events, std::string run_dir, TimePoint in_step_with,
               Handlers handlers)
    : io_(io), events_(events), run_dir_(std::move(run_dir)), in_step_with_(in_step_with), handlers_(std::move(handlers)),
      timer_(io), doubt_(io), silence_(io) {}

void Voting::set(VotingConfig config) {
  const VotingConfig before = std::exchange(config_, std::move(config));
  if (!started_) return;
  if (before.witnesses != config_.witnesses || before.period != config_.period) ask_witnesses();
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
  sight_ = WitnessSight(config_.witnesses.size(), doubt_of(config_));
  for (std::size_t i = 0; i < config_.witnesses.size(); ++i) {
    probers_.push_back(std::make_unique<WitnessProber>(
        io_, config_.witnesses[i], rhythm_of(config_.witnesses[i], config_.period),
        [this, i](bool answered) { heard(i, answered); }));
  }
}

void Voting::heard(std::size_t witness, bool answered) {
  sight_.heard(witness, answered, io::now());
  if (answered) doubt_later();
  note_sight(config_.witnesses[witness].address.to_string());
}

void Voting::doubt_later() {
  doubt_.expires_after(doubt_of(config_));
  doubt_.async_wait([this](const boost::system::error_code& error) {
    if (!error) note_sight({});
  });
}

// Doubt is no event: it is over in a moment, or becomes more than doubt.
void Voting::note_sight(const std::string& witness) {
  const Sight before = std::exchange(told_, sight());
  if (told_ == before) return;
  if (told_ == Sight::lost) {
    events_.add("witnesses_lost", config_.self, "no witness answers: this node is cut off, or all of them are gone");
  } else if (told_ == Sight::clear && before != Sight::doubtful) {
    events_.add("witnesses_clear", config_.self, witness + (before == Sight::lost ? " answers again" : " answers"));
  }
  handlers_.news();
}

Sight Voting::sight() const { return sight_.sight(io::now()); }

bool Voting::long_lost() const { return sight_.long_lost(io::now()); }

void Voting::listen_to_peer() {
  line_ = std::make_unique<PeerLine>(io_, run_dir_, config_.self, config_.peer, [this] {
    note_peer();
    handlers_.news();
    notice_silence();
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

// To the moment: a dead owner's adverts end with its heartbeats, and the second voice shall not be what is waited for. Each
// heartbeat moves that moment on; the timer follows when it goes off, once in three heartbeats.
void Voting::notice_silence() {
  const auto next = line_->peer().next_doubt(io::now());
  if (!next) return;
  silence_.expires_at(to_asio(*next));
  silence_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    if (!line_->peer().fresh(io::now())) {
      note_peer();
      handlers_.vote();
    }
    notice_silence();
  });
}

// In step with this node's adverts: both voices of a dead node fall silent together.
void Voting::beat() {
  note_peer();
  handlers_.vote();
  line_->publish(sight(), handlers_.addresses(), config_.period);
  const auto beats = (io::now() - in_step_with_) / config_.period + 1;
  timer_.expires_at(to_asio(in_step_with_ + beats * config_.period + behind_the_adverts));
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
