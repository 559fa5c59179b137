#include "tests/tools/probe/traffic.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <memory>
#include <unordered_map>

#include "tests/tools/probe/schedule.hpp"
#include "tests/tools/support/http_reader.hpp"

namespace tandem::tools {
namespace {

constexpr std::size_t no_record = static_cast<std::size_t>(-1);
constexpr std::string_view echo_text = "tandem-probe-echo\n";

struct Connection {
  std::uint64_t id = 0;
  int fd = -1;
  bool connecting = true;
  bool keep = false;          // belongs to the keep-alive pool
  bool used = false;          // has carried a request
  bool lingering = false;     // served; waits for the peer's FIN so that TIME_WAIT is not ours
  std::size_t record = no_record;
  std::string out;
  std::size_t sent = 0;
  std::string echoed;         // TCP: all bytes received
  HttpReader reader{HttpReader::Kind::reply};
};

struct StickyClient {
  std::string cookie;
};

class Traffic {
 public:
  explicit Traffic(const Plan& plan) : plan_(plan), sticky_(plan.sticky_clients) {}

  Measurement run(const volatile std::sig_atomic_t& stop) {
    result_.started = Clock::now();
    result_.sticky_clients = plan_.sticky_clients;
    Schedule schedule(result_.started, plan_.new_rate, plan_.keepalive_rate, plan_.sticky_rate);
    const TimePoint end = result_.started + plan_.duration;
    bool sending = true;
    result_.ended = end;
    while (sending || open_requests_ > 0) {
      if (stop != 0 && sending) {
        sending = false;
        result_.ended = Clock::now();
      }
      const auto due = schedule.next();
      if (due.at >= end) sending = false;
      TimePoint wake = sending ? due.at : Clock::now() + std::chrono::seconds(1);
      if (!deadlines_.empty()) wake = std::min(wake, deadlines_.front().at);
      for (const auto& event : poller_.wait(wake)) on_event(event.data.u64, event.events);
      const TimePoint now = Clock::now();
      expire(now);
      for (auto next = schedule.next(); sending && next.at <= now && next.at < end; next = schedule.next()) {
        schedule.take(next);
        start(next);
      }
    }
    for (auto& [id, connection] : connections_) close(connection->fd);
    return std::move(result_);
  }

 private:
  struct Deadline {
    TimePoint at;
    std::uint64_t id;
    std::size_t record;
  };

  void start(const Schedule::Due& due) {
    Record record;
    record.intended = due.at;
    record.sent = Clock::now();
    record.stream = due.stream;
    if (due.stream == Stream::sticky) record.client = static_cast<std::int32_t>(due.number % sticky_.size());
    const std::size_t index = result_.records.size();
    result_.records.push_back(record);
    ++open_requests_;

    Connection* connection = due.stream == Stream::keepalive ? idle_connection() : nullptr;
    if (connection == nullptr) connection = open(index);
    if (connection == nullptr) return;  // it failed at once and is recorded
    connection->record = index;
    result_.records[index].reused = connection->used;
    connection->used = true;
    connection->reader.reset();
    connection->echoed.clear();
    connection->out = request_text(result_.records[index]);
    connection->sent = 0;
    deadlines_.push_back({due.at + plan_.deadline, connection->id, index});
    if (!connection->connecting) transmit(*connection);
  }

  std::string request_text(const Record& record) const {
    if (plan_.tcp) return std::string(echo_text);
    std::string text = "GET " + plan_.path + " HTTP/1.1\r\nHost: " + plan_.host + "\r\nUser-Agent: tandem-probe\r\n";
    if (record.client >= 0) {
      const auto& cookie = sticky_[static_cast<std::size_t>(record.client)].cookie;
      if (!cookie.empty()) text += "Cookie: " + cookie + "\r\n";
    }
    if (record.stream != Stream::keepalive) text += "Connection: close\r\n";
    return text + "\r\n";
  }

  /// The idle connection that waited longest, so that all of them are used in turn; none while the
  /// pool is smaller than planned.
  Connection* idle_connection() {
    if (kept_ < plan_.connections) return nullptr;
    while (!idle_.empty()) {
      const auto found = connections_.find(idle_.front());
      idle_.pop_front();
      if (found != connections_.end()) return found->second.get();
    }
    return nullptr;
  }

  Connection* open(std::size_t record) {
    Address from = plan_.bind;
    const Record& r = result_.records[record];
    if (r.client >= 0 && plan_.sticky_source.length != 0) {
      from = address_after(plan_.sticky_source, static_cast<std::uint32_t>(r.client));
    }
    const int fd = start_connect(plan_.target, from);
    if (fd < 0) {
      finish_record(record, outcome_of(-fd));
      return nullptr;
    }
    auto connection = std::make_unique<Connection>();
    connection->id = ++last_id_;
    connection->fd = fd;
    connection->keep = r.stream == Stream::keepalive;
    kept_ += connection->keep ? 1 : 0;
    poller_.add(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, connection->id);
    Connection* raw = connection.get();
    connections_[raw->id] = std::move(connection);
    return raw;
  }

  static Outcome outcome_of(int error) {
    switch (error) {
      case ECONNREFUSED: return Outcome::refused;
      case ECONNRESET: case EPIPE: return Outcome::reset;
      case ETIMEDOUT: return Outcome::timeout;
      case EHOSTUNREACH: case ENETUNREACH: case ENETDOWN: return Outcome::unreachable;
      default: return Outcome::local;
    }
  }

  void on_event(std::uint64_t id, std::uint32_t events) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    Connection& c = *found->second;
    if (c.connecting) {
      if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0) return;
      const int error = connect_error(c.fd);
      if (error != 0) return fail(c, outcome_of(error));
      c.connecting = false;
    }
    if (c.record != no_record && c.sent < c.out.size() && !transmit(c)) return;
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) receive(c);
  }

  /// False: the connection failed and is gone.
  bool transmit(Connection& c) {
    const ssize_t count = send(c.fd, c.out.data() + c.sent, c.out.size() - c.sent, MSG_NOSIGNAL);
    if (count >= 0) {
      c.sent += static_cast<std::size_t>(count);
    } else if (errno != EAGAIN) {
      fail(c, outcome_of(errno));
      return false;
    }
    return true;
  }

  void receive(Connection& c) {
    char buffer[16 * 1024];
    for (;;) {
      const ssize_t count = recv(c.fd, buffer, sizeof buffer, 0);
      if (count < 0 && errno == EAGAIN) return;
      if (count < 0) return fail(c, outcome_of(errno));
      if (count == 0) return on_close(c);
      if (c.record == no_record) {
        if (c.lingering) continue;
        return drop(c);  // bytes nobody asked for
      }
      const std::string_view bytes(buffer, static_cast<std::size_t>(count));
      const bool complete = plan_.tcp ? on_echo(c, bytes) : on_reply(c, bytes);
      if (complete && !served(c)) return;
    }
  }

  bool on_echo(Connection& c, std::string_view bytes) {
    c.echoed += bytes;
    const auto newline = c.echoed.find('\n');
    return newline != std::string::npos && c.echoed.size() >= newline + 1 + echo_text.size();
  }

  static bool on_reply(Connection& c, std::string_view bytes) {
    c.reader.feed(bytes);
    return c.reader.state() == HttpReader::State::done || c.reader.state() == HttpReader::State::broken;
  }

  void on_close(Connection& c) {
    if (c.record == no_record) return drop(c);
    if (plan_.tcp) return fail(c, Outcome::closed);
    c.reader.end_of_stream();
    if (c.reader.state() != HttpReader::State::done) return fail(c, Outcome::closed);
    served(c);
  }

  /// A complete answer arrived. False: the connection is gone.
  bool served(Connection& c) {
    Record& record = result_.records[c.record];
    const bool reusable = judge(c, record) && c.keep && !plan_.tcp && c.reader.keep_alive();
    finish_record(c.record, record.outcome);
    c.record = no_record;
    if (reusable) {
      idle_.push_back(c.id);
      return true;
    }
    if (!c.keep && record.outcome == Outcome::ok && !plan_.tcp) {
      c.lingering = true;
      deadlines_.push_back({Clock::now() + plan_.deadline, c.id, no_record});
      return true;
    }
    drop(c);
    return false;
  }

  bool judge(const Connection& c, Record& record) {
    if (plan_.tcp) {
      const auto newline = c.echoed.find('\n');
      record.backend = backend_index(std::string_view(c.echoed).substr(0, newline));
      record.outcome = c.echoed.compare(newline + 1, std::string::npos, echo_text) == 0 ? Outcome::ok : Outcome::bad_reply;
      return record.outcome == Outcome::ok;
    }
    record.status = static_cast<std::uint16_t>(c.reader.status());
    record.outcome = c.reader.state() == HttpReader::State::broken ? Outcome::bad_reply
                     : c.reader.status() == 200                    ? Outcome::ok
                                                                   : Outcome::bad_status;
    record.backend = backend_index(c.reader.header("x-backend"));
    if (record.client >= 0 && record.outcome == Outcome::ok) keep_cookie(c.reader, record.client);
    return record.outcome != Outcome::bad_reply;
  }

  void keep_cookie(const HttpReader& reader, std::int32_t client) {
    const std::string prefix = plan_.cookie_name + "=";
    for (const auto& [name, value] : reader.headers()) {
      if (name != "set-cookie" || value.rfind(prefix, 0) != 0) continue;
      sticky_[static_cast<std::size_t>(client)].cookie = value.substr(0, value.find(';'));
    }
  }

  std::int16_t backend_index(std::string_view name) {
    if (name.empty()) return -1;
    auto& names = result_.backends;
    auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) found = names.insert(names.end(), std::string(name));
    return static_cast<std::int16_t>(found - names.begin());
  }

  void fail(Connection& c, Outcome outcome) {
    if (c.record != no_record) finish_record(c.record, outcome);
    drop(c);
  }

  void finish_record(std::size_t index, Outcome outcome) {
    result_.records[index].outcome = outcome;
    result_.records[index].finished = Clock::now();
    --open_requests_;
  }

  void drop(Connection& c) {
    kept_ -= c.keep ? 1 : 0;
    close(c.fd);
    connections_.erase(c.id);
  }

  void expire(TimePoint now) {
    while (!deadlines_.empty() && deadlines_.front().at <= now) {
      const Deadline due = deadlines_.front();
      deadlines_.pop_front();
      const auto found = connections_.find(due.id);
      if (found == connections_.end() || found->second->record != due.record) continue;
      if (due.record == no_record && !found->second->lingering) continue;
      fail(*found->second, Outcome::timeout);
    }
  }

  const Plan& plan_;
  Measurement result_;
  Poller poller_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::deque<std::uint64_t> idle_;
  std::deque<Deadline> deadlines_;  // nearly sorted: every request has the same time to live
  std::vector<StickyClient> sticky_;
  std::uint32_t kept_ = 0;  // connections of the keep-alive pool, idle and busy
  std::uint64_t last_id_ = 0;
  std::size_t open_requests_ = 0;
};

}  // namespace

Measurement run_traffic(const Plan& plan, const volatile std::sig_atomic_t& stop) { return Traffic(plan).run(stop); }

}  // namespace tandem::tools
