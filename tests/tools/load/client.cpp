#include "tests/tools/load/client.hpp"

#include <strings.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>

#include "tests/tools/load/stream.hpp"
#include "tests/tools/support/options.hpp"

namespace tandem::tools {
namespace {

constexpr std::size_t buffer_size = 256 * 1024;

struct Connection {
  Stream stream;
  bool connecting = false;
  bool upgraded = false;        // what follows is an echo
  bool in_body = false;
  bool wrong = false;           // this reply's body or status is not what was expected
  std::uint32_t waiting = 0;    // requests sent and not yet answered
  std::uint64_t body_at = 0;    // bytes of the body, or of the echo, seen
  std::uint64_t body_left = 0;
  std::string head;
  std::string out;
  std::size_t sent = 0;
  TimePoint started;
};

class Client {
 public:
  explicit Client(const LoadPlan& plan) : plan_(plan), connections_(plan.connections), buffer_(buffer_size) {
    if (plan_.tls) tls_ = std::make_unique<TlsClient>(plan_.resume);
    alphabet_.resize(buffer_size + 26);
    for (std::size_t i = 0; i < alphabet_.size(); ++i) alphabet_[i] = static_cast<char>('a' + i % 26);
    for (std::uint32_t i = 0; i < plan_.pipeline; ++i) burst_ += plan_.message;
    latencies_.reserve(std::min<std::uint64_t>(plan_.requests, 4'000'000));
  }

  LoadResult run(const volatile std::sig_atomic_t& stop, void (*announce)()) {
    if (plan_.resume) fetch_session(stop);
    begin_ = Clock::now();
    const std::uint64_t goal = plan_.hold ? plan_.connections : plan_.requests;
    for (std::uint32_t i = 0; i < connections_.size(); ++i) idle_.push_back(i);
    while (finished() < goal && stop == 0 && result_.errors.size() < 100) {
      dispatch(goal);
      for (const auto& event : poller_.wait(Clock::now() + std::chrono::milliseconds(plan_.rate > 0 ? 1 : 100))) {
        on_event(static_cast<std::uint32_t>(event.data.u64), event.events);
      }
    }
    result_.seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    if (plan_.hold) {
      announce();
      while (stop == 0) poller_.wait(Clock::now() + std::chrono::milliseconds(100));
    }
    if (!latencies_.empty()) {
      std::sort(latencies_.begin(), latencies_.end());
      result_.p50_us = latencies_[latencies_.size() / 2];
      result_.p99_us = latencies_[latencies_.size() * 99 / 100];
    }
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool echoes(const Connection& c) const { return plan_.tcp || c.upgraded; }
  [[nodiscard]] std::uint64_t finished() const { return result_.completed + failed_; }

  /// One connection before the clock starts, for the session that all others take up.
  void fetch_session(const volatile std::sig_atomic_t& stop) {
    Stream stream;
    if (stream.open(plan_.target, tls_.get()) != 0) die("cannot connect for a TLS session");
    poller_.add(stream.fd(), EPOLLIN | EPOLLOUT | EPOLLET, UINT64_MAX);
    std::size_t sent = 0;
    const TimePoint give_up = Clock::now() + std::chrono::seconds(5);
    while (!tls_->has_session() && stop == 0 && Clock::now() < give_up) {
      if (sent < plan_.message.size()) {
        const ssize_t count = stream.send(plan_.message.data() + sent, plan_.message.size() - sent);
        if (count > 0) sent += static_cast<std::size_t>(count);
      }
      stream.recv(buffer_.data(), buffer_.size());
      poller_.wait(Clock::now() + std::chrono::milliseconds(1));
    }
    if (!tls_->has_session()) die("the server gave no TLS session to resume");
  }

  /// Gives due requests to idle connections.
  void dispatch(std::uint64_t goal) {
    std::uint64_t due = goal;
    if (plan_.rate > 0) {
      const double elapsed = std::chrono::duration<double>(Clock::now() - begin_).count();
      due = std::min(goal, static_cast<std::uint64_t>(elapsed * plan_.rate));
    }
    while (issued_ < due && !idle_.empty()) {
      const std::uint32_t index = idle_.front();
      idle_.pop_front();
      const std::uint32_t count = static_cast<std::uint32_t>(std::min<std::uint64_t>(plan_.pipeline, goal - issued_));
      issued_ += count;
      issue(index, count);
    }
  }

  void issue(std::uint32_t index, std::uint32_t count) {
    Connection& c = connections_[index];
    c.waiting = count;
    c.out.assign(burst_, 0, plan_.message.size() * count);
    if (!c.stream.is_open() && !plan_.upgrade.empty()) c.out = plan_.upgrade;
    c.sent = 0;
    c.head.clear();
    c.in_body = false;
    c.wrong = false;
    c.body_at = 0;
    c.started = Clock::now();
    if (c.stream.is_open()) return transmit(index);
    if (const int error = c.stream.open(plan_.target, tls_.get()); error != 0) return fail(index, std::strerror(-error));
    ++result_.opened;
    c.connecting = true;
    c.upgraded = false;
    poller_.add(c.stream.fd(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, index);
  }

  void transmit(std::uint32_t index) {
    Connection& c = connections_[index];
    while (c.sent < c.out.size()) {
      const ssize_t count = c.stream.send(c.out.data() + c.sent, c.out.size() - c.sent);
      if (count < 0 && errno == EAGAIN) return;
      if (count < 0) return fail(index, std::strerror(errno));
      c.sent += static_cast<std::size_t>(count);
    }
  }

  void on_event(std::uint32_t index, std::uint32_t events) {
    Connection& c = connections_[index];
    if (!c.stream.is_open()) return;
    if (c.connecting) {
      if (const int error = connect_error(c.stream.fd()); error != 0) return fail(index, std::strerror(error));
      c.connecting = false;
    }
    if (c.sent < c.out.size()) transmit(index);
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0 && c.stream.is_open()) receive(index, events);
  }

  void receive(std::uint32_t index, std::uint32_t events) {
    Connection& c = connections_[index];
    for (;;) {
      const ssize_t count = c.stream.recv(buffer_.data(), buffer_.size());
      if (count < 0 && errno == EAGAIN) return;
      if (count < 0) return fail(index, std::strerror(errno));
      if (count == 0) return fail(index, c.waiting > 0 ? "closed before the reply" : "closed while idle");
      std::string_view bytes(buffer_.data(), static_cast<std::size_t>(count));
      while (!bytes.empty()) {
        if (c.waiting == 0) return fail(index, "bytes beyond the reply");
        if (!echoes(c) && !c.in_body && !take_head(index, bytes)) break;
        if (!c.stream.is_open()) return;
        take_body(c, bytes);
        if (c.in_body && c.body_left == 0) reply_done(index);
        if (!c.stream.is_open()) return;
      }
      // A short read: drained. TLS reads record by record and says EAGAIN at the end.
      if (!plan_.tls && static_cast<std::size_t>(count) < buffer_.size() && (events & EPOLLRDHUP) == 0) return;
    }
  }

  /// True once the head is complete; false also after a failure.
  bool take_head(std::uint32_t index, std::string_view& bytes) {
    Connection& c = connections_[index];
    const std::size_t before = c.head.size();
    c.head += bytes;
    const auto end = c.head.find("\r\n\r\n", before < 3 ? 0 : before - 3);
    if (end == std::string::npos) {
      bytes = {};
      return false;
    }
    bytes.remove_prefix(end + 4 - before);
    c.head.resize(end + 2);
    const int status = c.head.size() > 12 ? std::atoi(c.head.c_str() + 9) : 0;
    if (!plan_.upgrade.empty()) {
      if (status != 101) return fail(index, "no upgrade: " + c.head.substr(0, c.head.find("\r\n"))), false;
      c.upgraded = true;
      c.out.assign(burst_, 0, plan_.message.size() * c.waiting);
      c.sent = 0;
      transmit(index);
      return false;  // the head has no body: go on with the echo
    }
    const char* length = strcasestr(c.head.c_str(), "\r\nContent-Length:");
    if (length == nullptr) return fail(index, "a reply without Content-Length"), false;
    c.body_left = std::strtoull(length + 17, nullptr, 10);
    c.wrong = status != plan_.status || c.body_left != plan_.body_bytes;
    c.in_body = true;
    c.body_at = 0;
    return true;
  }

  void take_body(Connection& c, std::string_view& bytes) {
    if (echoes(c) && !c.in_body) {
      c.in_body = true;
      c.body_left = plan_.message.size();
      c.body_at = 0;
    }
    const std::size_t count = std::min<std::size_t>(bytes.size(), c.body_left);
    const char* expected = echoes(c) ? plan_.message.data() + c.body_at : alphabet_.data() + c.body_at % 26;
    if (std::memcmp(bytes.data(), expected, count) != 0) c.wrong = true;
    c.body_at += count;
    c.body_left -= count;
    bytes.remove_prefix(count);
  }

  void reply_done(std::uint32_t index) {
    Connection& c = connections_[index];
    if (plan_.resume && !c.stream.resumed()) return fail(index, "a full handshake instead of a resumed one");
    if (c.wrong) return fail(index, "wrong status or body: " + c.head.substr(0, c.head.find("\r\n")));
    ++result_.completed;
    --c.waiting;
    c.in_body = false;
    c.head.clear();
    latencies_.push_back(static_cast<float>(std::chrono::duration<double, std::micro>(Clock::now() - c.started).count()));
    if (c.waiting > 0) return;
    if (plan_.close) c.stream.close();
    if (!plan_.hold) idle_.push_back(index);
  }

  void fail(std::uint32_t index, const std::string& why) {
    Connection& c = connections_[index];
    if (c.waiting > 0) ++result_.errors[why];
    failed_ += c.waiting;
    const bool was_idle = c.waiting == 0;
    c.waiting = 0;
    c.stream.close();
    c.connecting = false;
    if (!was_idle) idle_.push_back(index);
  }

  const LoadPlan& plan_;
  LoadResult result_;
  Poller poller_;
  std::unique_ptr<TlsClient> tls_;  // outlives the connections
  std::vector<Connection> connections_;
  std::deque<std::uint32_t> idle_;
  std::vector<char> buffer_;
  std::string alphabet_;
  std::string burst_;
  std::vector<float> latencies_;
  std::uint64_t issued_ = 0;
  std::uint64_t failed_ = 0;
  TimePoint begin_;
};

}  // namespace

LoadResult run_load(const LoadPlan& plan, const volatile std::sig_atomic_t& stop, void (*announce)()) {
  return Client(plan).run(stop, announce);
}

}  // namespace tandem::tools
