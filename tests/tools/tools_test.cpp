// The instruments themselves: a wrong gauge would make every system test worthless.
#include <doctest/doctest.h>

#include <string>

#include "tests/tools/probe/figures.hpp"
#include "tests/tools/probe/schedule.hpp"
#include "tests/tools/support/http_reader.hpp"

using namespace tandem::tools;
using std::chrono::milliseconds;

namespace {

TimePoint at(int ms) { return TimePoint(std::chrono::seconds(100)) + milliseconds(ms); }

Record record(int intended, int finished, Outcome outcome = Outcome::ok) {
  Record r;
  r.intended = at(intended);
  r.sent = at(intended);
  r.finished = at(finished);
  r.outcome = outcome;
  return r;
}

Measurement measurement(std::vector<Record> records, int end) {
  Measurement m;
  m.started = at(0);
  m.ended = at(end);
  m.records = std::move(records);
  m.backends = {"b1", "b2"};
  return m;
}

/// A request every 10 ms, answered after 1 ms; those due in [from, to) fail after 50 ms.
Measurement outage(int from, int to, int end) {
  std::vector<Record> records;
  for (int t = 0; t < end; t += 10) {
    const bool down = t >= from && t < to;
    records.push_back(record(t, down ? t + 50 : t + 1, down ? Outcome::timeout : Outcome::ok));
  }
  return measurement(records, end);
}

HttpReader read_all(HttpReader::Kind kind, const std::string& text) {
  HttpReader reader(kind);
  reader.feed(text);
  return reader;
}

}  // namespace

TEST_CASE("a gap lies between the completions of two successes") {
  const StreamFigures f = figures_of(outage(100, 300, 500), Stream::fresh, milliseconds(20));
  CHECK(f.requests == 50);
  CHECK(f.ok == 30);
  CHECK(f.longest_gap.from == at(91));
  CHECK(f.longest_gap.to == at(301));
  CHECK_FALSE(f.longest_gap.open);
  CHECK(f.failures_in_gap == 20);
  CHECK(f.failures_before_gap == 0);
  CHECK(f.failures_after_gap == 0);
}

TEST_CASE("unavailability counts from the first failed request's intended time") {
  const StreamFigures f = figures_of(outage(100, 300, 500), Stream::fresh, milliseconds(20));
  CHECK(f.unavailable.from == at(100));
  CHECK(f.unavailable.to == at(301));
}

TEST_CASE("a service that never came back is an open gap to the end of the run") {
  const StreamFigures f = figures_of(outage(100, 500, 500), Stream::fresh, milliseconds(20));
  CHECK(f.longest_gap.open);
  CHECK(f.longest_gap.to == at(500));
  CHECK(f.unavailable.open);
}

TEST_CASE("a run without one success is one open gap") {
  const StreamFigures f = figures_of(outage(0, 500, 500), Stream::fresh, milliseconds(20));
  CHECK(f.ok == 0);
  CHECK(f.longest_gap.open);
  CHECK(f.longest_gap.from == at(0));
}

TEST_CASE("failures are told apart by when they were due and when they were over") {
  auto m = outage(100, 300, 500);
  m.records[2] = record(20, 25, Outcome::reset);
  m.records[45] = record(450, 455, Outcome::refused);
  const StreamFigures f = figures_of(m, Stream::fresh, milliseconds(20));
  CHECK(f.failures_before_gap == 1);
  CHECK(f.failures_in_gap == 20);
  CHECK(f.failures_after_gap == 1);
  CHECK(f.failures.at("reset") == 1);
  CHECK(f.failures.at("refused") == 1);
}

TEST_CASE("a late success is unavailability, not a failure") {
  std::vector<Record> records;
  for (int t = 0; t < 300; t += 10) records.push_back(record(t, t < 100 || t >= 200 ? t + 1 : 205));
  const StreamFigures f = figures_of(measurement(records, 300), Stream::fresh, milliseconds(20));
  CHECK(f.ok == 30);
  CHECK(f.unavailable.from == at(100));
  CHECK(f.unavailable.to == at(201));
}

TEST_CASE("streams do not mix") {
  auto m = outage(100, 300, 500);
  for (int t = 0; t < 500; t += 10) {
    Record r = record(t + 5, t + 6);
    r.stream = Stream::keepalive;
    m.records.push_back(r);
  }
  CHECK(figures_of(m, Stream::keepalive, milliseconds(20)).longest_gap.ms() == doctest::Approx(10));
  CHECK(figures_of(m, Stream::fresh, milliseconds(20)).longest_gap.ms() == doctest::Approx(210));
}

TEST_CASE("a sticky client moved if it ever met another backend, also if it returned") {
  std::vector<Record> records;
  const int path[][2] = {{0, 0}, {1, 1}, {0, 1}, {1, 1}, {0, 0}};  // client, backend
  int t = 0;
  for (const auto& [client, backend] : path) {
    Record r = record(t, t + 1);
    r.stream = Stream::sticky;
    r.client = client;
    r.backend = static_cast<std::int16_t>(backend);
    records.push_back(r);
    t += 10;
  }
  const StickyFigures f = sticky_figures_of(measurement(records, 100));
  CHECK(f.seen == 2);
  CHECK(f.moved == 1);
  CHECK(f.moves.size() == 2);
}

TEST_CASE("the schedule keeps each rate and its order") {
  Schedule schedule(at(0), 500, 100, 0);
  int fresh = 0;
  int kept = 0;
  TimePoint last = at(0);
  for (auto due = schedule.next(); due.at < at(1000); due = schedule.next()) {
    CHECK(due.at >= last);
    last = due.at;
    ++(due.stream == Stream::fresh ? fresh : kept);
    schedule.take(due);
  }
  CHECK(fresh == 500);
  CHECK(kept == 100);
}

TEST_CASE("replies: every framing, whole and byte by byte") {
  const std::string bodies[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: 1\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
      "HTTP/1.1 200 OK\r\n\r\nhello",
  };
  for (const std::string& text : bodies) {
    HttpReader whole = read_all(HttpReader::Kind::reply, text);
    whole.end_of_stream();
    CHECK(whole.state() == HttpReader::State::done);
    CHECK(whole.body() == "hello");
    HttpReader slowly(HttpReader::Kind::reply);
    for (const char c : text) slowly.feed(std::string_view(&c, 1));
    slowly.end_of_stream();
    CHECK(slowly.body() == "hello");
    CHECK(slowly.status() == 200);
  }
}

TEST_CASE("replies that are cut off or are not HTTP are broken") {
  HttpReader cut = read_all(HttpReader::Kind::reply, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
  cut.end_of_stream();
  CHECK(cut.state() == HttpReader::State::broken);
  CHECK(read_all(HttpReader::Kind::reply, "SSH-2.0-OpenSSH_9\r\n\r\n").state() == HttpReader::State::broken);
  HttpReader chunk = read_all(HttpReader::Kind::reply, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  CHECK(chunk.state() == HttpReader::State::broken);
}

TEST_CASE("a reader stops at the end of a message") {
  HttpReader reader(HttpReader::Kind::request);
  const std::string first = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
  CHECK(reader.feed(first + "GET /b HTTP/1.1\r\n") == first.size());
  CHECK(reader.state() == HttpReader::State::done);
  CHECK(reader.start_line() == "GET /a HTTP/1.1");
}
