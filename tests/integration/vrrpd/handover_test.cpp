// A connection survives the planned move of its address: three hosts in network namespaces on one
// bridge, the old owner keeps the connection, the new owner takes everything new.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>

#include "common/io/clock.hpp"
#include "vrrpd/handover/relay.hpp"
#include "vrrpd/io/arp_discipline.hpp"

using namespace tandem;

namespace {

constexpr const char* old_address = "192.0.2.11";
constexpr const char* new_address = "192.0.2.12";
constexpr const char* floating = "192.0.2.100";
constexpr std::uint16_t port = 8080;
constexpr int exit_skipped = 77;

void run(const std::string& command) {
  CAPTURE(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

/// Four namespaces: the bridge, the old and the new owner, the client. Removed when destroyed.
class Lan {
 public:
  Lan() : prefix_("tdm" + std::to_string(::getpid()) + "-") {
    run("ip netns add " + name("lan") + " && ip -n " + name("lan") + " link add br0 type bridge && ip -n " +
        name("lan") + " link set br0 up");
    std::filesystem::create_directory(directory());
    add_host("old", old_address);
    add_host("new", new_address);
    add_host("client", "192.0.2.50");
  }
  ~Lan() {
    enter_home();
    for (const char* host : {"client", "new", "old", "lan"}) {
      if (std::system(("ip netns del " + name(host) + " 2>/dev/null").c_str()) != 0) continue;
    }
    ::close(home_);
    std::filesystem::remove_all(directory());
  }
  Lan(const Lan&) = delete;
  Lan& operator=(const Lan&) = delete;

  [[nodiscard]] std::string name(const std::string& host) const { return prefix_ + host; }
  void in(const std::string& host, const std::string& command) const {
    run("ip netns exec " + name(host) + " " + command);
  }
  /// For files of the test.
  [[nodiscard]] std::string directory() const { return std::filesystem::temp_directory_path() / (prefix_ + "files"); }
  /// Sockets that are opened from now on live in `host`.
  void enter(const std::string& host) const {
    const int fd = ::open(("/run/netns/" + name(host)).c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(fd >= 0);
    REQUIRE(::setns(fd, CLONE_NEWNET) == 0);
    ::close(fd);
  }
  void enter_home() const { ::setns(home_, CLONE_NEWNET); }

 private:
  void add_host(const std::string& host, const std::string& address) {
    const std::string host_ns = name(host);
    run("ip netns add " + host_ns + " && ip link add eth0 netns " + host_ns + " type veth peer name p-" + host +
        " netns " + name("lan") + " && ip -n " + name("lan") + " link set p-" + host + " master br0 up && ip -n " +
        host_ns + " link set lo up && ip -n " + host_ns + " link set eth0 up && ip -n " + host_ns + " addr add " +
        address + "/24 dev eth0");
  }

  std::string prefix_;
  int home_ = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
};

/// Owns a descriptor.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) { REQUIRE(fd >= 0); }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() { if (fd_ >= 0) ::close(fd_); }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

sockaddr_in at(const char* address, std::uint16_t at_port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(at_port);
  ::inet_pton(AF_INET, address, &result.sin_addr);
  return result;
}

Socket listener() {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in any = at("0.0.0.0", port);
  REQUIRE(::bind(socket.fd(), reinterpret_cast<const sockaddr*>(&any), sizeof(any)) == 0);
  REQUIRE(::listen(socket.fd(), 16) == 0);
  return socket;
}

Socket connected() {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in target = at(floating, port);
  REQUIRE(::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&target), sizeof(target)) == 0);
  return socket;
}

bool readable_within(const Socket& socket, int milliseconds) {
  pollfd entry{socket.fd(), POLLIN, 0};
  return ::poll(&entry, 1, milliseconds) == 1;
}

Socket accepted(const Socket& from) {
  REQUIRE(readable_within(from, 2000));
  return Socket(::accept4(from.fd(), nullptr, nullptr, SOCK_CLOEXEC));
}

/// True if a byte sent on one end arrives at the other.
bool passes(const Socket& from, const Socket& to) {
  char byte = 'x';
  if (::send(from.fd(), &byte, 1, MSG_NOSIGNAL) != 1) return false;
  return readable_within(to, 2000) && ::recv(to.fd(), &byte, 1, 0) == 1;
}

/// An IP packet of protocol 112 from the host that was entered: all that the relay learns from.
void send_advert_like_packet() {
  const Socket raw(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 112));
  const sockaddr_in target = at(new_address, 0);
  const char body[8] = {0x31};
  REQUIRE(::sendto(raw.fd(), body, sizeof(body), 0, reinterpret_cast<const sockaddr*>(&target), sizeof(target)) ==
          sizeof(body));
}

}  // namespace

TEST_CASE("a planned move keeps open connections on the old owner and takes new ones to the new owner") {
  if (::geteuid() != 0) {
    std::puts("SKIPPED: needs root for network namespaces");
    std::exit(exit_skipped);
  }
  const Lan lan;
  lan.in("old", std::string("ip addr add ") + floating + "/24 dev eth0");
  lan.enter("old");
  const Socket old_listener = listener();
  auto discipline = vrrp::ArpDiscipline::impose("eth0", lan.directory());
  REQUIRE(discipline);
  lan.enter("client");
  const Socket client = connected();
  const Socket server = accepted(old_listener);
  REQUIRE(passes(client, server));
  REQUIRE(passes(server, client));

  lan.enter("new");
  const Socket new_listener = listener();
  lan.in("new", "tc qdisc add dev eth0 clsact");
  auto relay = vrrp::HandoverRelay::attach("eth0");
  REQUIRE_MESSAGE(relay, (relay ? "" : relay.error().message));
  lan.enter("old");
  send_advert_like_packet();

  // The move: the new owner adds and announces, the old one keeps the address on its loopback interface.
  lan.enter("new");
  const auto vip = *IpAddress::parse(floating);
  REQUIRE((*relay)->forward(vip, *IpAddress::parse(old_address), io::now() + std::chrono::seconds(30)));
  lan.in("new", std::string("ip addr add ") + floating + "/24 dev eth0");
  lan.in("old", std::string("ip addr add ") + floating + "/32 dev lo");
  lan.in("old", std::string("ip addr del ") + floating + "/24 dev eth0");
  lan.in("new", std::string("arping -q -c 1 -U -I eth0 ") + floating);

  CHECK(passes(client, server));
  CHECK(passes(server, client));
  CHECK((*relay)->relayed() > 0);

  lan.enter("client");
  const Socket newcomer = connected();
  const Socket new_server = accepted(new_listener);
  CHECK(passes(newcomer, new_server));
  CHECK(passes(new_server, newcomer));
  CHECK(passes(client, server));

  // Nobody is asked twice who owns the address: the old owner stays mute.
  lan.in("client", std::string("ip neigh flush dev eth0"));
  CHECK(passes(newcomer, new_server));

  // The proof that the relay did it: without it the connection is reset.
  (*relay)->stop(vip);
  CHECK_FALSE(passes(client, server));
}
