#include "tests/integration/lbctl/program.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace tandem::ctl::testing {
namespace {

struct Child {
  pid_t pid = -1;
  int out = -1;
  int err = -1;
};

Child start(const std::vector<std::string>& arguments) {
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  REQUIRE(::pipe2(out.data(), O_CLOEXEC) == 0);
  REQUIRE(::pipe2(err.data(), O_CLOEXEC) == 0);
  std::vector<std::string> words = {TANDEM_LBCTL};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  Child child{.pid = -1, .out = out[0], .err = err[0]};
  REQUIRE(::posix_spawn(&child.pid, TANDEM_LBCTL, &actions, nullptr, argv.data(), environ) == 0);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(out[1]);
  ::close(err[1]);
  return child;
}

// One read; false at the end of the pipe.
bool read_some(int fd, std::string& into) {
  std::array<char, 4096> chunk{};
  const ssize_t size = ::read(fd, chunk.data(), chunk.size());
  if (size <= 0) return false;
  into.append(chunk.data(), static_cast<std::size_t>(size));
  return true;
}

}  // namespace

Run run_lbctl(const std::vector<std::string>& arguments) {
  const Child child = start(arguments);
  Run run;
  std::array<pollfd, 2> pipes = {pollfd{child.out, POLLIN, 0}, pollfd{child.err, POLLIN, 0}};
  while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
    if (::poll(pipes.data(), pipes.size(), 10'000) <= 0) {
      ::kill(child.pid, SIGKILL);
      break;
    }
    if (pipes[0].revents != 0 && !read_some(child.out, run.out)) pipes[0].fd = -1;
    if (pipes[1].revents != 0 && !read_some(child.err, run.err)) pipes[1].fd = -1;
  }
  int status = 0;
  ::waitpid(child.pid, &status, 0);
  if (WIFEXITED(status)) run.exit_code = WEXITSTATUS(status);
  ::close(child.out);
  ::close(child.err);
  return run;
}

RunningLbctl::RunningLbctl(const std::vector<std::string>& arguments) {
  const Child child = start(arguments);
  pid_ = child.pid;
  out_ = child.out;
  err_ = child.err;
}

RunningLbctl::~RunningLbctl() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  ::close(out_);
  ::close(err_);
}

std::string RunningLbctl::line() {
  while (true) {
    if (const std::size_t end = pending_.find('\n'); end != std::string::npos) {
      std::string first = pending_.substr(0, end);
      pending_.erase(0, end + 1);
      return first;
    }
    pollfd readable{out_, POLLIN, 0};
    if (::poll(&readable, 1, 5000) <= 0 || !read_some(out_, pending_)) return {};
  }
}

}  // namespace tandem::ctl::testing
