#include "vrrpd/programs/child.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

namespace tandem::vrrp {
namespace {

constexpr int cannot_start = 127;  // as shells have it

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

void complain(const char* what) {
  const char* reason = std::strerror(errno);
  std::string line = what;
  line += reason;
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

[[noreturn]] void look_for_file(const char* path) {
  struct stat found {};
  if (::stat(path, &found) == 0) ::_exit(0);
  complain("");
  ::_exit(1);
}

// The child's part, between fork() and the program.
[[noreturn]] void become(Job job, int errors) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // should the spawner be killed
  for (int number = 1; number < NSIG; ++number) std::signal(number, SIG_DFL);
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nowhere, STDIN_FILENO);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::syscall(SYS_close_range, 3, ~0U, 0);
  [[maybe_unused]] const int changed = ::chdir("/");
  if (job.kind == Job::Kind::file) look_for_file(job.words.front().c_str());
  const auto words = pointers(job.words);
  const auto environment = pointers(job.environment);
  ::execve(words.front(), words.data(), environment.data());
  complain("cannot be started: ");
  ::_exit(cannot_start);
}

}  // namespace

Child::Child(pid_t pid, io::UniqueFd process, io::UniqueFd errors)
    : pid_(pid), process_(std::move(process)), errors_(std::move(errors)) {}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      process_(std::move(other.process_)),
      errors_(std::move(other.errors_)),
      said_(std::move(other.said_)) {}

Child::~Child() { kill(); }

Result<Child> Child::start(const Job& job) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) return errno_error("make a pipe", errno);
  io::UniqueFd ours(ends[0]);
  io::UniqueFd theirs(ends[1]);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  const pid_t pid = ::fork();
  if (pid < 0) return errno_error("fork", errno);
  if (pid == 0) become(job, theirs.get());
  // glibc 2.36 declares pidfd_open() without C linkage.
  io::UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  const int failure = errno;
  Child child(pid, std::move(process), std::move(ours));
  if (!child.process_) return errno_error("watch a process (Linux 5.3 is needed)", failure);
  return child;
}

void Child::kill() const {
  if (pid_ < 0) return;
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);  // which may not have made its group yet
}

void Child::read_errors() {
  std::array<char, 4096> buffer{};
  for (int turn = 0; errors_ && turn < 16; ++turn) {  // bounded: a program that shouts must not keep the others waiting
    const ssize_t length = ::read(errors_.get(), buffer.data(), buffer.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && errno == EAGAIN) return;
    if (length <= 0) return errors_.reset();
    const std::size_t room = longest_said - std::min(longest_said, said_.size());
    said_.append(buffer.data(), std::min(room, static_cast<std::size_t>(length)));
  }
}

std::optional<Child::End> Child::reap() {
  siginfo_t info{};
  // Not reaped yet: its number is its own while the group is killed.
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != pid_) {
    return std::nullopt;
  }
  read_errors();
  ::kill(-pid_, SIGKILL);
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  if (WIFEXITED(status)) return End{.killed = false, .value = WEXITSTATUS(status)};
  return End{.killed = true, .value = WTERMSIG(status)};
}

}  // namespace tandem::vrrp
