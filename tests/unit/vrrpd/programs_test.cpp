// The spawner process with real programs: how they end, what they may, what is left of them.
#include <doctest/doctest.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "common/io/clock.hpp"
#include "vrrpd/programs/job.hpp"
#include "vrrpd/programs/spawner.hpp"

namespace tandem::vrrp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using End = JobOutcome::End;

Job program(std::vector<std::string> words, Duration timeout = seconds(5)) {
  return {.id = 7, .kind = Job::Kind::program, .timeout = timeout, .words = std::move(words),
          .environment = {"PATH=/usr/bin:/bin"}};
}

Job shell(const std::string& line, Duration timeout = seconds(5)) { return program({"/bin/sh", "-c", line}, timeout); }

class Bench {
 public:
  Bench() : spawner_(std::move(*start_spawner())) {}
  ~Bench() { end(); }

  void ask(const Job& job) {
    const std::string message = encode(job).value();
    REQUIRE(::send(spawner_.socket.get(), message.data(), message.size(), 0) == static_cast<ssize_t>(message.size()));
  }
  JobOutcome answer() {
    pollfd fd{spawner_.socket.get(), POLLIN, 0};
    REQUIRE(::poll(&fd, 1, 10'000) == 1);
    std::array<char, 4096> buffer{};
    const ssize_t length = ::recv(spawner_.socket.get(), buffer.data(), buffer.size(), 0);
    REQUIRE(length > 0);
    return decode_outcome({buffer.data(), static_cast<std::size_t>(length)}).value();
  }
  JobOutcome run(const Job& job) {
    ask(job);
    return answer();
  }
  /// As the death of the daemon does: the other end of the socket is gone.
  void end() {
    spawner_.socket.reset();
    if (spawner_.pid > 0) ::waitpid(spawner_.pid, nullptr, 0);
    spawner_.pid = -1;
  }

 private:
  Spawner spawner_;
};

// A file of this test, removed with it.
class Scratch {
 public:
  Scratch() : path_(std::filesystem::temp_directory_path() / ("tandem-programs-" + std::to_string(::getpid()))) {
    std::filesystem::remove(path_);
  }
  ~Scratch() { std::filesystem::remove(path_); }
  [[nodiscard]] std::string path() const { return path_.string(); }
  [[nodiscard]] std::string text() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path path_;
};

// One that is dead, but that nobody has taken note of, does not.
bool lives(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(stat, text)) return false;
  return text.find(") Z ") == std::string::npos;
}

template <class Condition>
bool becomes_true(Condition condition) {
  const TimePoint end = io::now() + seconds(5);
  while (io::now() < end) {
    if (condition()) return true;
    ::poll(nullptr, 0, 2);
  }
  return false;
}

TEST_CASE("messages: a job and an outcome survive the way, everything else is refused") {
  const Job job{.id = 9, .kind = Job::Kind::program, .timeout = seconds(2), .words = {"/bin/x", "", "a b"},
                .environment = {"A=1"}};
  const std::string message = encode(job).value();
  const auto back = decode_job(message);
  REQUIRE(back.has_value());
  CHECK(back->id == 9);
  CHECK(back->timeout == seconds(2));
  CHECK(back->words == job.words);
  CHECK(back->environment == job.environment);
  for (std::size_t length = 0; length < message.size(); ++length) CHECK_FALSE(decode_job(message.substr(0, length)));
  CHECK_FALSE(decode_job(message + "x"));
  CHECK_FALSE(encode(program({"/bin/x", std::string(longest_message, 'y')})));

  const JobOutcome outcome{.id = 9, .end = End::killed, .value = 11, .said = "ouch"};
  CHECK(decode_outcome(encode(outcome)) == outcome);
  CHECK_FALSE(decode_outcome("short"));
}

TEST_CASE("outcomes as sentences") {
  CHECK(describe({.end = End::exited, .value = 0, .said = "chatter"}).empty());
  CHECK(describe({.end = End::exited, .value = 3, .said = "no route"}) == "ended with code 3: no route");
  CHECK(describe({.end = End::killed, .value = 9}) == "was killed by signal 9");
  CHECK(describe({.end = End::timed_out}) == "did not end in time and was killed");
  CHECK(first_line("one\ttwo\nthree") == "one two");
  CHECK(first_line(std::string(1000, 'x')).size() == longest_said);
}

TEST_CASE("how programs end") {
  Bench bench;
  CHECK(bench.run(program({"/bin/true"})).good());
  CHECK(describe(bench.run(shell("echo no good >&2; echo more >&2; exit 3"))) == "ended with code 3: no good");
  CHECK(describe(bench.run(shell("kill -SEGV $$"))) == "was killed by signal 11");
  CHECK(describe(bench.run(program({"/nonexistent/program"}))) ==
        "ended with code 127: cannot be started: No such file or directory");
  CHECK(bench.run(shell("head -c 1000000 /dev/zero >&2")).good());  // more than a pipe holds
}

TEST_CASE("files") {
  Bench bench;
  Job job = program({"/nonexistent/file"});
  job.kind = Job::Kind::file;
  CHECK(describe(bench.run(job)) == "ended with code 1: No such file or directory");
  job.words = {"/etc/passwd"};
  CHECK(bench.run(job).good());
}

TEST_CASE("a program that hangs is killed with all that it started, and others do not wait for it") {
  Bench bench;
  Scratch scratch;
  Job slow = shell("sleep 60 & echo $! > " + scratch.path() + "; wait", milliseconds(500));
  slow.id = 1;
  bench.ask(slow);
  Job quick = program({"/bin/true"});
  quick.id = 2;
  bench.ask(quick);
  CHECK(bench.answer().id == 2);
  const JobOutcome outcome = bench.answer();
  CHECK(outcome.id == 1);
  CHECK(outcome.end == End::timed_out);
  const pid_t grandchild = std::stoi(scratch.text());
  CHECK(becomes_true([grandchild] { return !lives(grandchild); }));
}

TEST_CASE("what a program leaves running in its process group ends with it") {
  Bench bench;
  Scratch scratch;
  CHECK(bench.run(shell("sleep 60 & echo $! > " + scratch.path())).good());
  const pid_t grandchild = std::stoi(scratch.text());
  CHECK(becomes_true([grandchild] { return !lives(grandchild); }));
}

TEST_CASE("programs end when the daemon does") {
  Scratch scratch;
  Bench bench;
  bench.ask(shell("echo $$ > " + scratch.path() + "; exec sleep 60", seconds(60)));
  REQUIRE(becomes_true([&scratch] { return scratch.text().ends_with('\n'); }));
  const pid_t child = std::stoi(scratch.text());
  bench.end();
  CHECK(becomes_true([child] { return !lives(child); }));
}

TEST_CASE("a program has no privileges, no descriptors, no signals ignored, a session of its own and its variables only") {
  Bench bench;
  Scratch scratch;
  Job job = shell("{ grep -E '^(CapInh|CapPrm|CapEff|CapAmb|NoNewPrivs|SigIgn|SigBlk):' /proc/self/status; "
                  "echo fds $(ls /proc/$$/fd); readlink /proc/$$/fd/0 /proc/$$/fd/1; "
                  "[ $(cut -d' ' -f6 /proc/$$/stat) = $$ ] && echo own session; env; } > " + scratch.path());
  job.environment = {"PATH=/usr/bin:/bin", "TANDEM_STATE=active"};
  CHECK(bench.run(job).good());
  const std::string text = scratch.text();
  CAPTURE(text);
  const std::string none = "\t0000000000000000";
  for (const char* set : {"CapInh:", "CapPrm:", "CapEff:", "CapAmb:", "SigIgn:", "SigBlk:"}) {
    CAPTURE(set);
    CHECK(text.find(set + none) != std::string::npos);
  }
  CHECK(text.find("NoNewPrivs:\t1") != std::string::npos);
  CHECK(text.find("own session") != std::string::npos);
  CHECK(text.find("TANDEM_STATE=active") != std::string::npos);
  CHECK(text.find("HOME=") == std::string::npos);
}

}  // namespace
}  // namespace tandem::vrrp
