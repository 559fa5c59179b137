#include "lbd/control/listen_sockets.hpp"

#include <doctest/doctest.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <string>

#include "tests/integration/lbd_control/scripted_backend.hpp"

using namespace tandem;
using namespace tandem::lbd;

namespace {

config::ListenerConfig listener(const std::string& name, std::optional<IpAddress> address, std::uint16_t port) {
  config::ListenerConfig result;
  result.name = name;
  result.address = address;
  result.port = port;
  return result;
}

const IpAddress loopback = IpAddress::v4({127, 0, 0, 1});

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  ::getsockopt(fd, level, name, &value, &size);
  return value;
}

bool can_connect(const IpAddress& address, std::uint16_t port) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_in);
  if (address.is_v6()) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    std::memcpy(&v6->sin6_addr, address.bytes().data(), 16);
    size = sizeof(*v6);
  } else {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    std::memcpy(&v4->sin_addr, address.bytes().data(), 4);
  }
  const io::UniqueFd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(fd.get(), reinterpret_cast<sockaddr*>(&storage), size) == 0;
}

}  // namespace

TEST_CASE("one socket per worker, sharing the port, with the options that the data path counts on") {
  ListenSockets sockets(3);
  IdRegistry ids;
  const auto web = listener("web", loopback, 0);
  REQUIRE(sockets.open({web}, ids));
  const auto fds = sockets.sockets().at(ids.listener(web));
  REQUIRE(fds.size() == 3);
  for (const int fd : fds) {
    CHECK(option(fd, SOL_SOCKET, SO_REUSEPORT) == 1);
    CHECK(option(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1);
    CHECK(option(fd, IPPROTO_TCP, TCP_NODELAY) == 1);
    CHECK(option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT) == 0);
  }
  CHECK(can_connect(loopback, sockets.port(ids.listener(web))));
}

TEST_CASE("\"*\" takes both families") {
  ListenSockets sockets(1);
  IdRegistry ids;
  const auto web = listener("web", std::nullopt, 0);
  REQUIRE(sockets.open({web}, ids));
  const std::uint16_t port = sockets.port(ids.listener(web));
  CHECK(can_connect(loopback, port));
  CHECK(can_connect(*IpAddress::parse("::1"), port));
}

TEST_CASE("an address that is not here (yet) can be bound") {
  ListenSockets sockets(1);
  IdRegistry ids;
  CHECK(sockets.open({listener("vip", IpAddress::v4({203, 0, 113, 77}), 0)}, ids).has_value());
  CHECK(sockets.open({listener("vip6", *IpAddress::parse("2001:db8::77"), 0)}, ids).has_value());
}

TEST_CASE("a reload keeps the sockets of what stays") {
  ListenSockets sockets(2);
  IdRegistry ids;
  const auto kept = listener("web", loopback, test::free_port());
  REQUIRE(sockets.open({kept}, ids));
  const auto before = sockets.sockets().at(ids.listener(kept));
  auto renamed = kept;
  renamed.name = "front";
  const auto added = listener("api", loopback, test::free_port());
  REQUIRE(sockets.open({renamed, added}, ids));
  CHECK(sockets.sockets().at(ids.listener(renamed)) == before);
  CHECK(sockets.sockets().size() == 2);
  sockets.close_all_but({ids.listener(added)});
  CHECK_FALSE(can_connect(loopback, kept.port));
  CHECK(can_connect(loopback, added.port));
}

TEST_CASE("a taken port: who, where, for which listener; and nothing is left open") {
  test::ScriptedBackend other("");
  ListenSockets sockets(1);
  IdRegistry ids;
  const auto good = listener("api", loopback, test::free_port());
  const auto taken = listener("web", loopback, other.endpoint().port);
  const auto opened = sockets.open({good, taken}, ids);
  REQUIRE_FALSE(opened);
  const std::string& message = opened.error().message;
  CAPTURE(message);
  CHECK(message.find("listener web: cannot listen on " + other.endpoint().to_string()) != std::string::npos);
  CHECK(message.find("Address already in use") != std::string::npos);
  CHECK(sockets.sockets().empty());
  CHECK_FALSE(can_connect(loopback, good.port));
}

TEST_CASE("another process on the port is named") {
  // The child holds a socket of its own on the port; ours is closed.
  const std::uint16_t port = test::free_port();
  int pipe_fds[2];
  REQUIRE(::pipe(pipe_fds) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool ok = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 && ::listen(fd, 1) == 0;
    const char result = ok ? 'y' : 'n';
    [[maybe_unused]] const ssize_t written = ::write(pipe_fds[1], &result, 1);
    ::pause();
    ::_exit(0);
  }
  char ready = 'n';
  REQUIRE(::read(pipe_fds[0], &ready, 1) == 1);
  REQUIRE(ready == 'y');
  ListenSockets sockets(1);
  IdRegistry ids;
  const auto opened = sockets.open({listener("web", loopback, port)}, ids);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message.find("(pid " + std::to_string(child) + ")") != std::string::npos);
}

TEST_CASE("a second lbd does not silently share the port") {
  ListenSockets first(1);
  ListenSockets second(1);
  IdRegistry ids;
  const auto web = listener("web", loopback, test::free_port());
  REQUIRE(first.open({web}, ids));
  CHECK_FALSE(second.open({web}, ids));
}
