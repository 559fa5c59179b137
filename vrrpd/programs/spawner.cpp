#include "vrrpd/programs/spawner.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <list>
#include <optional>
#include <vector>

#include "common/io/clock.hpp"
#include "vrrpd/programs/child.hpp"
#include "vrrpd/programs/job.hpp"

namespace tandem::vrrp {
namespace {

using std::chrono::milliseconds;

// Beyond it something is wrong: the daemon asks for far fewer at a time.
constexpr std::size_t most_children = 256;

class Loop {
 public:
  explicit Loop(int socket) : socket_(socket) {}
  void run();

 private:
  struct Entry {
    std::uint64_t id;
    TimePoint deadline;
    bool reported;  // as timed out: it only has to be reaped
    Child child;
  };

  bool serve_socket();
  void begin(const Job& job);
  void look_after(Entry& entry, TimePoint now);
  void report(const JobOutcome& outcome) const;
  [[nodiscard]] int wait_ms(TimePoint now) const;

  int socket_;
  std::list<Entry> entries_;
  std::vector<char> buffer_ = std::vector<char>(longest_message);
};

void Loop::report(const JobOutcome& outcome) const {
  const std::string message = encode(outcome);
  // Blocking: whoever asked waits for it.
  while (::send(socket_, message.data(), message.size(), MSG_NOSIGNAL) < 0 && errno == EINTR) {
  }
}

void Loop::begin(const Job& job) {
  if (entries_.size() >= most_children) {
    return report({.id = job.id, .end = JobOutcome::End::not_started, .said = "too many programs are running"});
  }
  auto child = Child::start(job);
  if (!child) return report({.id = job.id, .end = JobOutcome::End::not_started, .said = child.error().message});
  entries_.push_back({.id = job.id, .deadline = io::now() + job.timeout, .reported = false, .child = std::move(*child)});
}

// False at the end of the other side.
bool Loop::serve_socket() {
  const ssize_t length = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
  if (length < 0) return errno == EINTR || errno == EAGAIN;
  if (length == 0) return false;
  if (const auto job = decode_job({buffer_.data(), static_cast<std::size_t>(length)})) begin(*job);
  return true;
}

void Loop::look_after(Entry& entry, TimePoint now) {
  entry.child.read_errors();
  if (const auto end = entry.child.reap()) {
    if (!entry.reported) {
      report({.id = entry.id, .end = end->killed ? JobOutcome::End::killed : JobOutcome::End::exited,
              .value = end->value, .said = first_line(entry.child.said())});
    }
  } else if (now >= entry.deadline && !entry.reported) {
    entry.child.kill();
    entry.reported = true;
    report({.id = entry.id, .end = JobOutcome::End::timed_out, .said = first_line(entry.child.said())});
  }
}

int Loop::wait_ms(TimePoint now) const {
  std::optional<TimePoint> next;
  for (const Entry& entry : entries_) {
    if (!entry.reported && (!next || entry.deadline < *next)) next = entry.deadline;
  }
  if (!next) return -1;
  return static_cast<int>(std::clamp<std::int64_t>((*next - now) / milliseconds(1) + 1, 0, 60'000));
}

void Loop::run() {
  std::vector<pollfd> fds;
  while (true) {
    fds.assign(1, pollfd{socket_, POLLIN, 0});
    for (const Entry& entry : entries_) {
      fds.push_back({entry.child.process_fd(), POLLIN, 0});
      fds.push_back({entry.child.errors_fd(), POLLIN, 0});  // -1 after its end: ignored
    }
    if (::poll(fds.data(), fds.size(), wait_ms(io::now())) < 0 && errno != EINTR) return;
    const TimePoint now = io::now();
    for (Entry& entry : entries_) look_after(entry, now);
    std::erase_if(entries_, [](const Entry& entry) { return entry.child.reaped(); });
    if ((fds[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !serve_socket()) return;
  }
}

// What this process inherited from the daemon and must not pass on.
void drop_privileges() {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  // Of root every exec() would make a holder of all capabilities again, but for this. Refused to others, who need it not.
  for (unsigned long capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  ::syscall(SYS_capset, &header, none.data());
  const sched_param ordinary{};
  ::sched_setscheduler(0, SCHED_OTHER, &ordinary);
}

[[noreturn]] void be_spawner(int socket) {
  // Its end is the daemon's end, not a signal: a service manager sends one to every process of a service.
  for (int number = 1; number < NSIG; ++number) std::signal(number, SIG_DFL);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2}) std::signal(number, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (socket > 3) ::syscall(SYS_close_range, 3, socket - 1, 0);
  ::syscall(SYS_close_range, socket + 1, ~0U, 0);
  drop_privileges();
  {
    Loop loop(socket);
    loop.run();
  }  // kills what still runs
  ::_exit(0);
}

}  // namespace

Result<Spawner> start_spawner() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) < 0) {
    return errno_error("make a socket for the spawner of programs", errno);
  }
  io::UniqueFd ours(ends[0]);
  io::UniqueFd theirs(ends[1]);
  ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  // No handler of ours may run in the child before it has reset them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) be_spawner(theirs.get());
  const int failure = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return errno_error("start the spawner of programs", failure);
  return Spawner{.pid = pid, .socket = std::move(ours)};
}

}  // namespace tandem::vrrp
