#include "vrrpd/io/guard.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>

#include "common/io/clock.hpp"
#include "common/io/daemon.hpp"
#include "common/io/lifeline.hpp"
#include "common/io/unique_fd.hpp"
#include "common/log/log.hpp"
#include "vrrpd/io/advert_seal.hpp"
#include "vrrpd/io/arp_discipline.hpp"
#include "vrrpd/io/handover.hpp"
#include "vrrpd/io/netlink.hpp"
#include "vrrpd/io/realtime.hpp"
#include "vrrpd/io/virtual_mac_devices.hpp"
#include "vrrpd/io/vrrp_socket.hpp"

namespace tandem::vrrp {
namespace {

// SIGABRT: a service manager's watchdog says so to the process that it knows, which is the guard. The frozen
// daemon is meant, and the guard has to live on to clean up after it.
constexpr std::array passed_on = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGABRT};

// Opened while all is well: at the time of need nothing shall be missing.
struct Tools {
  Netlink netlink;
  io::UniqueFd socket;
  io::UniqueFd v6_socket;  // none where the system has no IPv6
  AdvertSeal seal;
};

Result<Tools> open_tools(Stamps& stamps) {
  auto netlink = Netlink::open();
  if (!netlink) return netlink.error();
  auto socket = open_send_socket(false);
  if (!socket) return socket.error();
  auto v6_socket = open_send_socket(true);
  return Tools{std::move(*netlink), std::move(*socket), v6_socket ? std::move(*v6_socket) : io::UniqueFd(),
               AdvertSeal(stamps)};
}

void say_priority_zero(Tools& tools, const HeldRecord& record) {
  std::array<std::uint8_t, max_advert_bytes> message{};
  const auto hmac = record.key ? std::optional<crypto::Hmac>(*record.key) : std::nullopt;
  const std::size_t length = tools.seal.write({.version = record.version,
                                               .vrid = record.vrid,
                                               .priority = 0,
                                               .interval = record.interval,
                                               .source = record.source,
                                               .destination = record.destination,
                                               .form = record.form},
                                              record.in_adverts(), hmac ? &*hmac : nullptr, message);
  const int socket = record.source.is_v6() ? tools.v6_socket.get() : tools.socket.get();
  const int failure = send_advert(socket, record.interface_index, record.source, record.destination,
                                  {message.data(), length});
  if (failure != 0) log::warning("guard: VRID {}: priority 0 not sent: {}", record.vrid, std::strerror(failure));
}

// First this node falls silent, then all adverts go out, so that nobody takes over beside it; then the addresses go.
int release_all(Tools& tools, const HeldBoard& board, LeaseTable* leases) {
  int addresses = 0;
  for (std::size_t slot = 0; leases != nullptr && slot < HeldBoard::slots; ++slot) {
    const HeldRecord* record = board.at(slot);
    if (record != nullptr && record->lease_slot) leases->close(*record->lease_slot);
  }
  for (std::size_t slot = 0; slot < HeldBoard::slots; ++slot) {
    if (const HeldRecord* record = board.at(slot)) say_priority_zero(tools, *record);
  }
  for (std::size_t slot = 0; slot < HeldBoard::slots; ++slot) {
    const HeldRecord* record = board.at(slot);
    if (record == nullptr) continue;
    if (record->keeps_connections) keep_on_loopback(tools.netlink, record->prefixes());
    for (const Prefix& prefix : record->prefixes()) {
      ++addresses;
      if (auto removed = tools.netlink.delete_address(record->address_link, prefix); !removed) {
        log::error("guard: {}", removed.error().message);
      }
    }
  }
  return addresses;
}

// What can wait until the addresses have gone.
void tidy_up(Tools& tools, const HeldBoard& board, const std::string& run_dir) {
  if (auto removed = remove_virtual_mac_devices(tools.netlink, nullptr); !removed) {
    log::error("guard: {}", removed.error().message);
  }
  // What is kept on the loopback interface must stay mute: then the next start, or `vrrpd --release`, does this.
  for (std::size_t slot = 0; slot < HeldBoard::slots; ++slot) {
    if (const HeldRecord* record = board.at(slot); record != nullptr && record->keeps_connections) return;
  }
  lift_arp_discipline(run_dir);
}

int exit_code_of(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  log::error("vrrpd (pid {}) was killed by signal {} ({})", child, WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  return io::exit_failure;
}

void pass_signal_on(int signals, pid_t child) {
  signalfd_siginfo info{};
  if (::read(signals, &info, sizeof(info)) != static_cast<ssize_t>(sizeof(info))) return;
  const int signal = static_cast<int>(info.ssi_signo);
  if (signal == SIGABRT) log::error("vrrpd (pid {}) is frozen, says the service manager: it is killed", child);
  ::kill(child, signal);
  if (signal == SIGABRT) ::kill(child, SIGCONT);  // a stopped process does not die before that
}

struct Watched {
  pid_t child;
  io::UniqueFd process;                       // the pidfd
  std::optional<io::LifelineWatch> lifeline;  // none: the death is noticed later, by the pidfd alone
  io::UniqueFd signals;
};

enum class Sign { lifeline, pidfd };

Sign wait_for_death(const Watched& daemon) {
  const int lifeline = daemon.lifeline ? daemon.lifeline->fd() : -1;  // -1: poll() does not look at it
  while (true) {
    std::array<pollfd, 3> fds = {pollfd{lifeline, POLLIN, 0}, pollfd{daemon.process.get(), POLLIN, 0},
                                 pollfd{daemon.signals.get(), POLLIN, 0}};
    if (::poll(fds.data(), fds.size(), -1) < 0) continue;  // EINTR
    if ((fds[0].revents & POLLIN) != 0) return Sign::lifeline;
    if ((fds[1].revents & POLLIN) != 0) return Sign::pidfd;
    if ((fds[2].revents & POLLIN) != 0) pass_signal_on(daemon.signals.get(), daemon.child);
  }
}

std::int64_t microseconds_since(TimePoint then) {
  return std::chrono::duration_cast<std::chrono::microseconds>(io::now() - then).count();
}

int watch(const Watched& daemon, Tools& tools, const HeldBoard& board, LeaseTable* leases) {
  const Sign sign = wait_for_death(daemon);
  const TimePoint noticed = io::now();
  const int addresses = release_all(tools, board, leases);
  const auto took = microseconds_since(noticed);
  const int code = exit_code_of(daemon.child);
  if (addresses > 0) {
    log::warning("guard: vrrpd left {} address(es) behind; released them in {} us, noticed by its {}, {} us before its "
                 "process was gone", addresses, took, sign == Sign::lifeline ? "lifeline" : "pidfd",
                 microseconds_since(noticed));
  }
  return code;
}

std::optional<io::LifelineWatch> watch_lifeline(const std::optional<io::Lifeline>& lifeline) {
  if (!lifeline) return std::nullopt;
  auto watch = io::LifelineWatch::on(lifeline->fd());
  if (watch) return std::move(*watch);
  log::warning("guard: {}; the death of vrrpd is noticed some milliseconds later", watch.error().message);
  return std::nullopt;
}

std::optional<io::Lifeline> make_lifeline() {
  auto lifeline = io::Lifeline::in_memory();
  if (lifeline) return std::move(*lifeline);
  log::warning("{}; the death of vrrpd is noticed some milliseconds later", lifeline.error().message);
  return std::nullopt;
}

}  // namespace

int run_guarded(HeldBoard& board, LeaseTable* leases, const SessionFile& sessions, const std::string& run_dir,
                const std::function<int()>& daemon) {
  std::optional<Tools> tools;
  if (auto opened = open_tools(board.stamps())) {
    tools.emplace(std::move(*opened));
  } else {
    log::error("{}", opened.error().message);
    return io::exit_failure;
  }
  sigset_t caught;
  sigset_t before;
  sigemptyset(&caught);
  for (const int signal : passed_on) sigaddset(&caught, signal);
  ::sigprocmask(SIG_BLOCK, &caught, &before);

  auto lifeline = make_lifeline();
  const pid_t guard = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) {
    log::error("{}", errno_error("start the daemon's process", errno).message);
    return io::exit_failure;
  }
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    tools.reset();
    if (lifeline) {
      if (auto held = lifeline->hold(); !held) log::warning("{}", held.error().message);
    }
    // Should the guard have died before the prctl.
    return ::getppid() == guard ? daemon() : static_cast<int>(io::exit_failure);
  }
  enter_realtime(guard_priority);  // the daemon reports what is not permitted
  // glibc 2.36 declares pidfd_open() without C linkage.
  const Watched watched{.child = child, .process = io::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0))),
                        .lifeline = watch_lifeline(lifeline),  // its thread is real-time, too
                        .signals = io::UniqueFd(::signalfd(-1, &caught, SFD_CLOEXEC))};
  if (!watched.process || !watched.signals) {
    log::error("{}", errno_error("watch the daemon (Linux 5.3 is needed)", errno).message);
    ::kill(child, SIGTERM);
    return io::exit_failure;
  }
  const int code = watch(watched, *tools, board, leases);
  if (board.stamps().started()) {
    if (auto saved = sessions.save(board.stamps()); !saved) log::warning("guard: {}", saved.error().message);
  }
  tidy_up(*tools, board, run_dir);
  return code;
}

}  // namespace tandem::vrrp
