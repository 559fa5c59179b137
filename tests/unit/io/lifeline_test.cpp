// Lifelines: real processes that end in every way, seen by another one.
#include "common/io/lifeline.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

// For ThreadSanitizer, where it is: children of this test start threads beside those that watch.
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; }

namespace tandem::io {
namespace {

constexpr int patience_ms = 10'000;

bool ended_within(const LifelineWatch& watch, int ms) {
  pollfd fd{watch.fd(), POLLIN, 0};
  return ::poll(&fd, 1, ms) == 1;
}

// A child process, which says when it is ready.
class Child {
 public:
  explicit Child(const std::function<void(const std::function<void()>& ready)>& body) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      const rlimit no_core{0, 0};
      ::setrlimit(RLIMIT_CORE, &no_core);
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (const int number : {SIGTERM, SIGABRT, SIGSEGV}) std::signal(number, SIG_DFL);  // not the test program's own
      body([&ends] { static_cast<void>(::write(ends[1], "r", 1) == 1); });
      ::_exit(0);
    }
    ::close(ends[1]);
    char byte = 0;
    ready_ = ::read(ends[0], &byte, 1) == 1;
    ::close(ends[0]);
  }
  ~Child() { end(SIGKILL); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] bool ready() const { return ready_; }
  void send(int number) const { ::kill(pid_, number); }
  /// The status of waitpid(2).
  int reap() {
    int status = -1;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }
  void end(int number) {
    if (pid_ < 0) return;
    send(number);
    reap();
  }

 private:
  pid_t pid_ = -1;
  bool ready_ = false;
};

[[noreturn]] void sleep_for_ever() {
  while (true) ::pause();
}

std::function<void(const std::function<void()>&)> holder_of(Lifeline& line) {
  return [&line](const auto& ready) {
    if (!line.hold()) ::_exit(1);
    ready();
    sleep_for_ever();
  };
}

class Scratch {
 public:
  Scratch() {
    std::string pattern = std::filesystem::temp_directory_path() / "tandem-lifeline-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string file() const { return path_ + "/daemon.alive"; }

 private:
  std::string path_;
};

TEST_CASE("lifeline: ends with its process, however that ends, and not before") {
  for (const int number : {SIGKILL, SIGTERM, SIGABRT, SIGSEGV}) {
    CAPTURE(number);
    auto line = Lifeline::in_memory();
    REQUIRE(line);
    auto watch = LifelineWatch::on(line->fd());
    REQUIRE(watch);
    Child child(holder_of(*line));
    REQUIRE(child.ready());
    CHECK_FALSE(ended_within(*watch, 10));
    child.send(number);
    CHECK(ended_within(*watch, patience_ms));
    child.reap();
  }
}

TEST_CASE("lifeline: is no end: a process that is stopped and goes on") {
  auto line = Lifeline::in_memory();
  auto watch = LifelineWatch::on(line->fd());
  Child child(holder_of(*line));
  child.send(SIGSTOP);
  CHECK_FALSE(ended_within(*watch, 30));
  child.send(SIGCONT);
  CHECK_FALSE(ended_within(*watch, 30));
}

TEST_CASE("lifeline: an orderly end counts too") {
  auto line = Lifeline::in_memory();
  auto watch = LifelineWatch::on(line->fd());
  Child child([&line](const auto& ready) {
    if (line->hold()) ready();
  });
  CHECK(child.ready());
  CHECK(ended_within(*watch, patience_ms));
}

TEST_CASE("lifeline: all who watch are told, also who comes late") {
  auto line = Lifeline::in_memory();
  auto first = LifelineWatch::on(line->fd());
  auto second = LifelineWatch::on(line->fd());
  Child child(holder_of(*line));
  auto third = LifelineWatch::on(line->fd());
  child.end(SIGKILL);
  for (const auto* watch : {&first, &second, &third}) CHECK(ended_within(**watch, patience_ms));
  auto late = LifelineWatch::on(line->fd());
  CHECK(ended_within(*late, patience_ms));
}

TEST_CASE("lifeline: the end of a thread or process that does not hold it is no end") {
  auto line = Lifeline::in_memory();
  auto watch = LifelineWatch::on(line->fd());
  Child child([&line](const auto& ready) {
    if (!line->hold()) ::_exit(1);
    std::thread([] {}).join();
    if (const pid_t grandchild = ::fork(); grandchild == 0) {
      ::_exit(0);
    } else {
      ::waitpid(grandchild, nullptr, 0);
    }
    ready();
    sleep_for_ever();
  });
  REQUIRE(child.ready());
  CHECK_FALSE(ended_within(*watch, 20));
}

TEST_CASE("lifeline: a crash of another thread ends it, and its signal still ends the process") {
  auto line = Lifeline::in_memory();
  auto watch = LifelineWatch::on(line->fd());
  Child child([&line](const auto& ready) {
    if (!line->hold()) ::_exit(1);
    ready();
    std::thread([] { std::abort(); }).join();
  });
  CHECK(ended_within(*watch, patience_ms));
  const int status = child.reap();
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
}

TEST_CASE("lifeline: can be let go, and held again in another one") {
  Child child([](const auto& ready) {
    for (int round = 0; round < 3; ++round) {
      auto line = Lifeline::in_memory();
      auto watch = LifelineWatch::on(line->fd());
      {
        Lifeline held(std::move(*line));
        if (!held.hold() || ended_within(*watch, 5)) ::_exit(1);
      }
      if (!ended_within(*watch, patience_ms)) ::_exit(2);
    }
    ready();
  });
  CHECK(child.ready());
}

TEST_CASE("lifeline: in a file, for a process that is no relative") {
  const Scratch scratch;
  Child child([&scratch](const auto& ready) {
    auto line = Lifeline::in_file(scratch.file());
    if (!line || !line->hold()) ::_exit(1);
    ready();
    sleep_for_ever();
  });
  REQUIRE(child.ready());
  struct stat status {};
  REQUIRE(::stat(scratch.file().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777 & ~0640U) == 0);
  auto watch = LifelineWatch::on_file(scratch.file());
  REQUIRE(watch);
  CHECK_FALSE(ended_within(*watch, 10));
  child.end(SIGKILL);
  CHECK(ended_within(*watch, patience_ms));

  // The successor takes the place of the file; an orderly end removes it.
  {
    auto successor = Lifeline::in_file(scratch.file());
    REQUIRE(successor);
    auto of_successor = LifelineWatch::on_file(scratch.file());
    REQUIRE(of_successor);
    CHECK_FALSE(ended_within(*of_successor, 10));
  }
  CHECK_FALSE(std::filesystem::exists(scratch.file()));
}

TEST_CASE("lifeline: what is no lifeline is refused, and what is spoilt does no harm") {
  const Scratch scratch;
  CHECK_FALSE(LifelineWatch::on_file(scratch.file()));
  std::filesystem::create_directory(scratch.file());
  CHECK_FALSE(LifelineWatch::on_file(scratch.file()));
  std::filesystem::remove(scratch.file());
  REQUIRE(::mkfifo(scratch.file().c_str(), 0600) == 0);
  CHECK(LifelineWatch::on_file(scratch.file()).error().message.find("no lifeline") != std::string::npos);
  std::filesystem::remove(scratch.file());

  auto line = Lifeline::in_file(scratch.file());
  auto watch = LifelineWatch::on_file(scratch.file());
  std::filesystem::resize_file(scratch.file(), 0);
  CHECK_FALSE(ended_within(*watch, 20));  // and neither a crash nor a wait when it is destroyed
}

}  // namespace
}  // namespace tandem::io
