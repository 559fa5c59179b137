#include "vrrpd/io/program_runner.hpp"

#include <boost/asio/post.hpp>

#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>
#include <vector>

#include "common/io/clock.hpp"
#include "common/log/log.hpp"

namespace tandem::vrrp {
namespace {

constexpr std::array<std::size_t, 2> places{32, 16};  // by Lane
constexpr Duration grace = std::chrono::seconds(1);

}  // namespace

ProgramRunner::ProgramRunner(boost::asio::io_context& io) : io_(io), silence_(io) {}

void ProgramRunner::prepare() { start(); }

bool ProgramRunner::start() {
  if (spawner_) return true;
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {  // its predecessors; this process has no other children
  }
  auto started = start_spawner();
  if (!started) {
    log::error("{}", started.error().message);
    return false;
  }
  spawner_.emplace(std::move(*started));
  watch_ = std::make_unique<FdWatch>(io_, spawner_->socket.get(), [this] { receive(); });
  return true;
}

void ProgramRunner::run(Lane to, Job job, Done done) {
  job.id = next_id_++;
  lane(to).waiting.push_back({std::move(job), std::move(done)});
  fill_later();
}

std::size_t ProgramRunner::busy(Lane of) const {
  const LaneState& state = lanes_[static_cast<std::size_t>(of)];
  return state.running + state.waiting.size();
}

void ProgramRunner::fill_later() {
  if (std::exchange(fill_posted_, true)) return;
  boost::asio::post(io_, [this] {
    fill_posted_ = false;
    fill(Lane::look);
    fill(Lane::hook);
    expect_answers();
  });
}

void ProgramRunner::fill(Lane which) {
  LaneState& state = lane(which);
  while (!state.waiting.empty() && state.running < places[static_cast<std::size_t>(which)]) {
    Waiting next = std::move(state.waiting.front());
    state.waiting.pop_front();
    ++state.running;
    const std::uint64_t id = next.job.id;
    running_.emplace(id, Running{which, io::now() + next.job.timeout + grace, std::move(next.done)});
    const auto message = encode(next.job);
    std::string problem;
    if (!message) problem = "its command line is too long";
    else if (!start()) problem = "there is no process to start it";
    else if (::send(spawner_->socket.get(), message->data(), message->size(), MSG_NOSIGNAL) < 0) {
      problem = errno_error("the process that starts programs does not listen", errno).message;
    }
    if (!problem.empty()) finish({.id = id, .end = JobOutcome::End::not_started, .said = problem});
  }
}

void ProgramRunner::receive() {
  std::array<char, 4096> buffer{};
  while (spawner_) {
    const ssize_t length = ::recv(spawner_->socket.get(), buffer.data(), buffer.size(), 0);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && errno == EAGAIN) break;
    if (length <= 0) return lose_spawner();
    if (const auto outcome = decode_outcome({buffer.data(), static_cast<std::size_t>(length)})) finish(*outcome);
  }
  fill_later();
}

void ProgramRunner::finish(const JobOutcome& outcome) {
  const auto entry = running_.find(outcome.id);
  if (entry == running_.end()) return;  // given up already
  const Running running = std::move(entry->second);
  running_.erase(entry);
  --lane(running.lane).running;
  running.done(outcome);
}

void ProgramRunner::lose_spawner() {
  log::error("the process that starts programs (pid {}) has ended; what ran is lost, the next program starts a new one",
             spawner_->pid);
  watch_.reset();
  ::kill(spawner_->pid, SIGKILL);
  spawner_.reset();
  std::vector<std::uint64_t> lost;
  for (const auto& [id, running] : running_) lost.push_back(id);
  for (const std::uint64_t id : lost) {
    finish({.id = id, .end = JobOutcome::End::not_started, .said = "the process that starts programs has ended"});
  }
  fill_later();
}

// A spawner that is stopped answers nothing: what it owes is a failure, and it is replaced.
void ProgramRunner::expect_answers() {
  silence_.cancel();
  if (running_.empty()) return;
  const auto next = std::min_element(running_.begin(), running_.end(), [](const auto& a, const auto& b) {
    return a.second.deadline < b.second.deadline;
  });
  silence_.expires_at(std::chrono::steady_clock::time_point(next->second.deadline.time_since_epoch()));
  silence_.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_silence();
  });
}

void ProgramRunner::on_silence() {
  receive();  // perhaps it was this process that did not run
  const TimePoint now = io::now();
  const bool silent = std::any_of(running_.begin(), running_.end(), [now](const auto& r) { return r.second.deadline <= now; });
  if (silent && spawner_) return lose_spawner();
  expect_answers();
}

std::vector<std::string> program_environment(const std::string& node) {
  return {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "TANDEM_NODE=" + node};
}

}  // namespace tandem::vrrp
