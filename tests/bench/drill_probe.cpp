// tandem-drill-probe: what a client and an observer on the LAN see of one IPv4 address, millisecond by millisecond.
//
// The client sends an ICMP echo request each period, open loop: a late one is sent late, none is left out. The observer,
// in another network namespace, asks by ARP who has the address. It is another host, so that the answers it provokes
// cannot teach the client where the address went. An answer is taken with the kernel's time stamp. One thread,
// SCHED_FIFO where permitted; how late each packet was sent is part of the report.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/tools/support/net.hpp"
#include "tests/tools/support/options.hpp"

namespace tandem::tools {
namespace {

using Mac = std::array<std::uint8_t, 6>;

constexpr int fifo_priority = 20;  // above the daemons under test (10): a client is another machine, which they cannot starve
constexpr Duration grace = std::chrono::milliseconds(20);  // for the last answers

volatile std::sig_atomic_t stop_requested = 0;

void request_stop(int) { stop_requested = 1; }

std::string failure(const std::string& what) { return what + ": " + std::strerror(errno); }

/// Requests on an even grid of time, and when each was sent and answered (0: not yet).
struct Series {
  struct Request {
    TimePoint sent;
    Duration answered_after{-1};
  };

  TimePoint begin;
  Duration period;
  std::vector<Request> requests;

  [[nodiscard]] TimePoint due() const { return begin + period * static_cast<std::int64_t>(requests.size()); }
};

/// Somebody's word that the address is his.
struct Claim {
  std::size_t request;  // the latest of ours before it
  TimePoint time;
  Mac mac;
  bool answer;  // to us; else an announcement to everybody
};

int timestamped(int fd) {
  const int on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) != 0) die(failure("SO_TIMESTAMPNS"));
  return fd;
}

Duration since_epoch(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

struct Received {
  std::size_t length = 0;
  TimePoint time;  // by the kernel's stamp
};

/// The next packet in the socket's queue; none: the queue is empty.
std::optional<Received> receive(int fd, std::vector<std::uint8_t>& buffer) {
  iovec part{buffer.data(), buffer.size()};
  alignas(cmsghdr) std::array<char, 128> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);
  if (length < 0) return std::nullopt;
  Received received{static_cast<std::size_t>(length), Clock::now()};
  for (cmsghdr* part_of = CMSG_FIRSTHDR(&message); part_of != nullptr; part_of = CMSG_NXTHDR(&message, part_of)) {
    if (part_of->cmsg_level != SOL_SOCKET || part_of->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp{};
    std::memcpy(&stamp, CMSG_DATA(part_of), sizeof(stamp));
    const Duration real = std::chrono::seconds(stamp.tv_sec) + std::chrono::nanoseconds(stamp.tv_nsec);
    received.time -= std::max(Duration(0), since_epoch(CLOCK_REALTIME) - real);
  }
  return received;
}

// ---- the client -------------------------------------------------------------------------------

class Echo {
 public:
  Echo(in_addr target, Series series) : target_(target), series_(std::move(series)) {
    fd_ = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
    if (fd_ < 0) die(failure("ICMP socket"));
    timestamped(fd_);
  }

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const Series& series() const { return series_; }

  void send() {
    icmphdr request{};
    request.type = ICMP_ECHO;
    request.un.echo.id = htons(id);
    request.un.echo.sequence = htons(static_cast<std::uint16_t>(series_.requests.size()));
    request.checksum = checksum(request);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr = target_;
    series_.requests.push_back({Clock::now()});
    // One that cannot be sent, because nobody answers for the address, is one without an answer.
    (void)sendto(fd_, &request, sizeof(request), 0, reinterpret_cast<const sockaddr*>(&to), sizeof(to));
  }

  void drain() {
    while (const auto received = receive(fd_, buffer_)) {
      iphdr ip{};
      icmphdr reply{};
      if (received->length < sizeof(ip) + sizeof(reply)) continue;
      std::memcpy(&ip, buffer_.data(), sizeof(ip));
      if (ip.saddr != target_.s_addr || received->length < ip.ihl * 4U + sizeof(reply)) continue;
      std::memcpy(&reply, buffer_.data() + ip.ihl * 4U, sizeof(reply));
      if (reply.type == ICMP_ECHOREPLY && ntohs(reply.un.echo.id) == id) note(ntohs(reply.un.echo.sequence), *received);
    }
  }

 private:
  static constexpr std::uint16_t id = 0x7464;

  static std::uint16_t checksum(const icmphdr& packet) {
    std::array<std::uint16_t, sizeof(packet) / 2> words{};
    std::memcpy(words.data(), &packet, sizeof(packet));
    std::uint32_t sum = 0;
    for (const std::uint16_t word : words) sum += word;
    sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~(sum + (sum >> 16)) & 0xffff);
  }

  /// The sequence number has wrapped round: the latest request of that number is meant.
  void note(std::uint16_t sequence, const Received& received) {
    const std::size_t count = series_.requests.size();
    if (count == 0) return;
    const auto behind = static_cast<std::uint16_t>(static_cast<std::uint16_t>(count - 1) - sequence);
    if (behind >= count) return;
    auto& request = series_.requests[count - 1 - behind];
    if (request.answered_after.count() < 0) request.answered_after = std::max(Duration(0), received.time - request.sent);
  }

  in_addr target_;
  Series series_;
  int fd_ = -1;
  std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(2048);
};

// ---- the observer -----------------------------------------------------------------------------

/// Sockets made after it belong to that network namespace.
void enter_namespace(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 || setns(fd, CLONE_NEWNET) != 0) die(failure("network namespace " + path));
  close(fd);
}

class Observer {
 public:
  Observer(in_addr target, in_addr own, const std::string& interface, Series series)
      : target_(target), series_(std::move(series)) {
    fd_ = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ARP));
    if (fd_ < 0) die(failure("packet socket"));
    sockaddr_ll link{};
    link.sll_family = AF_PACKET;
    link.sll_protocol = htons(ETH_P_ARP);
    link.sll_ifindex = static_cast<int>(if_nametoindex(interface.c_str()));
    if (link.sll_ifindex == 0 || bind(fd_, reinterpret_cast<const sockaddr*>(&link), sizeof(link)) != 0) {
      die(failure("interface " + interface));
    }
    ifreq asked{};
    interface.copy(asked.ifr_name, IFNAMSIZ - 1);
    if (ioctl(fd_, SIOCGIFHWADDR, &asked) != 0) die(failure("address of " + interface));
    std::memcpy(own_.data(), asked.ifr_hwaddr.sa_data, own_.size());
    timestamped(fd_);
    compose(own);
  }

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const Series& series() const { return series_; }
  [[nodiscard]] const std::vector<Claim>& claims() const { return claims_; }

  void send() {
    series_.requests.push_back({Clock::now()});
    (void)::send(fd_, request_.data(), request_.size(), 0);
  }

  void drain() {
    while (const auto received = receive(fd_, buffer_)) {
      if (received->length < request_.size() || series_.requests.empty()) continue;
      Mac to;
      Mac sender;
      in_addr_t address = 0;
      std::memcpy(to.data(), buffer_.data(), to.size());
      std::memcpy(sender.data(), buffer_.data() + sender_offset, sender.size());
      std::memcpy(&address, buffer_.data() + sender_offset + sender.size(), sizeof(address));
      if (address != target_.s_addr || sender == own_) continue;
      claims_.push_back({series_.requests.size() - 1, received->time, sender, to == own_});
    }
  }

 private:
  static constexpr std::size_t sender_offset = ETH_HLEN + 8;

  void compose(in_addr own) {
    const std::uint8_t head[] = {0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1};  // type; Ethernet, IPv4, request
    std::uint8_t* at = std::fill_n(request_.data(), 6, std::uint8_t{0xff});
    at = std::copy(own_.begin(), own_.end(), at);
    at = std::copy(std::begin(head), std::end(head), at);
    at = std::copy(own_.begin(), own_.end(), at);
    std::memcpy(at, &own, sizeof(own));
    at = std::fill_n(at + sizeof(own), 6, std::uint8_t{0});
    std::memcpy(at, &target_, sizeof(target_));
  }

  in_addr target_;
  Series series_;
  int fd_ = -1;
  Mac own_{};
  std::array<std::uint8_t, ETH_HLEN + 28> request_{};
  std::vector<Claim> claims_;
  std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(2048);
};

// ---- both -------------------------------------------------------------------------------------

void run(Echo& echo, Observer& observer, TimePoint end) {
  Poller poller;
  poller.add(echo.fd(), EPOLLIN, 0);
  poller.add(observer.fd(), EPOLLIN, 1);
  while (stop_requested == 0 && Clock::now() < end) {
    poller.wait(std::min(echo.series().due(), observer.series().due()));
    echo.drain();
    observer.drain();
    if (Clock::now() >= echo.series().due()) echo.send();
    if (Clock::now() >= observer.series().due()) observer.send();
  }
  for (const TimePoint last = Clock::now() + grace; Clock::now() < last;) {
    poller.wait(last);
    echo.drain();
    observer.drain();
  }
}

long long microseconds(Duration duration) { return std::chrono::duration_cast<std::chrono::microseconds>(duration).count(); }

void print_requests(const char* name, const Series& series, bool with_answers) {
  std::printf("\"%s\": {\"begin_ns\": %lld, \"period_us\": %lld, \"sent_us\": [", name,
              static_cast<long long>(nanoseconds_of(series.begin)), microseconds(series.period));
  const char* comma = "";
  for (const auto& request : series.requests) {
    std::printf("%s%lld", std::exchange(comma, ","), microseconds(request.sent - series.begin));
  }
  if (with_answers) std::printf("], \"answered_after_us\": [");
  comma = "";
  for (const auto& request : series.requests) {
    if (!with_answers) break;
    std::printf("%s%lld", std::exchange(comma, ","), request.answered_after.count() < 0 ? -1 : microseconds(request.answered_after));
  }
  std::printf("]}");
}

void print_claims(const Observer& observer) {
  std::printf("\"claims\": [");
  const char* comma = "";
  for (const Claim& claim : observer.claims()) {
    const Mac& m = claim.mac;
    std::printf("%s[%zu,%lld,\"%02x:%02x:%02x:%02x:%02x:%02x\",%s]", std::exchange(comma, ","), claim.request,
                microseconds(claim.time - observer.series().begin), m[0], m[1], m[2], m[3], m[4], m[5],
                claim.answer ? "true" : "false");
  }
  std::printf("]");
}

in_addr ipv4(const std::string& text) {
  in_addr address{};
  if (inet_pton(AF_INET, text.c_str(), &address) != 1) die("not an IPv4 address: " + text, 2);
  return address;
}

}  // namespace
}  // namespace tandem::tools

int main(int argc, char** argv) {
  using namespace tandem::tools;
  const Options options(argc, argv,
                        "Echo requests from here and ARP requests from another network namespace, each on a grid of time of its own.\n"
                        "Prints every request and answer as JSON when the time is over, or at SIGINT or SIGTERM.",
                        {{"address", "", "the floating IPv4 address", false},
                         {"observer", "", "path of the observer's network namespace", false},
                         {"observer-interface", "eth0", "where it asks", false},
                         {"observer-address", "", "its own IPv4 address", false},
                         {"rate", "1000", "echo requests per second", false},
                         {"arp-rate", "500", "ARP requests per second", false},
                         {"duration", "60s", "at most", false}});
  for (const char* needed : {"address", "observer", "observer-address"}) {
    if (!options.given(needed)) die(std::string("--") + needed + " is missing", 2);
  }
  const in_addr target = ipv4(options.text("address"));
  const auto series = [&options](const char* rate) {
    const std::uint64_t per_second = options.number(rate);
    if (per_second == 0 || per_second > 100'000) die(std::string("--") + rate + ": 1 to 100000 per second", 2);
    Series made{Clock::now(), std::chrono::nanoseconds(1'000'000'000 / per_second), {}};
    made.requests.reserve(static_cast<std::size_t>(options.duration("duration") / made.period) + 1);
    return made;
  };
  Echo echo(target, series("rate"));
  enter_namespace(options.text("observer"));
  Observer observer(target, ipv4(options.text("observer-address")), options.text("observer-interface"), series("arp-rate"));

  std::signal(SIGINT, request_stop);
  std::signal(SIGTERM, request_stop);
  sched_param parameters{};
  parameters.sched_priority = fifo_priority;
  const bool fifo = sched_setscheduler(0, SCHED_FIFO, &parameters) == 0;
  (void)mlockall(MCL_CURRENT);
  run(echo, observer, Clock::now() + options.duration("duration"));

  std::printf("{\"fifo\": %s, ", fifo ? "true" : "false");
  print_requests("echo", echo.series(), true);
  std::printf(", ");
  print_requests("arp", observer.series(), false);
  std::printf(", ");
  print_claims(observer);
  std::printf("}\n");
}
