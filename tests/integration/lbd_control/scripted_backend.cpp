#include "tests/integration/lbd_control/scripted_backend.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace tandem::lbd::test {
namespace {

constexpr int step_ms = 10;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

io::UniqueFd bound(std::uint16_t& port) {
  io::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) throw std::runtime_error("bind");
  socklen_t size = sizeof(address);
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return fd;
}

bool readable(int fd, int timeout_ms) {
  pollfd ready{fd, POLLIN, 0};
  return ::poll(&ready, 1, timeout_ms) > 0;
}

}  // namespace

ScriptedBackend::ScriptedBackend(std::string reply) : reply_(std::move(reply)) {
  endpoint_.address = IpAddress::v4({127, 0, 0, 1});
  listener_ = bound(endpoint_.port);
  ::listen(listener_.get(), 128);
  thread_ = std::thread(&ScriptedBackend::run, this);
}

ScriptedBackend::~ScriptedBackend() {
  stopping_ = true;
  thread_.join();
}

void ScriptedBackend::run() {
  while (!stopping_) {
    if (!readable(listener_.get(), step_ms)) continue;
    const io::UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) continue;
    ++connections_;
    serve(client.get());
  }
}

void ScriptedBackend::serve(int fd) {
  std::string request;
  std::array<char, 4096> chunk{};
  while (request.find("\r\n\r\n") == std::string::npos) {
    if (stopping_) return;
    if (!readable(fd, step_ms)) continue;
    const ssize_t got = ::recv(fd, chunk.data(), chunk.size(), 0);
    if (got <= 0) return;
    request.append(chunk.data(), static_cast<std::size_t>(got));
  }
  switch (behaviour_.load()) {
    case Behaviour::answer:
      ::send(fd, reply_.data(), reply_.size(), MSG_NOSIGNAL);
      break;
    case Behaviour::silent:
      while (!stopping_ && !(readable(fd, step_ms) && ::recv(fd, chunk.data(), chunk.size(), 0) <= 0)) {
      }
      break;
    case Behaviour::drip:
      for (std::size_t i = 0; i < reply_.size() && !stopping_; ++i) {
        if (::send(fd, &reply_[i], 1, MSG_NOSIGNAL) != 1) break;
        if (readable(fd, step_ms) && ::recv(fd, chunk.data(), chunk.size(), 0) <= 0) break;
      }
      break;
    case Behaviour::close_early:
      break;
    case Behaviour::reset: {
      const linger abort{1, 0};
      ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
      break;
    }
  }
}

std::string http_reply(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) + " x\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

std::uint16_t free_port() {
  std::uint16_t port = 0;
  const io::UniqueFd fd = bound(port);
  return port;
}

std::string exchange(std::uint16_t port, const std::string& request) {
  const io::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) return {};
  ::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL);
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  std::string received;
  std::array<char, 4096> chunk{};
  while (std::chrono::steady_clock::now() < give_up) {
    if (!readable(fd.get(), step_ms)) continue;
    const ssize_t got = ::recv(fd.get(), chunk.data(), chunk.size(), 0);
    if (got <= 0) break;
    received.append(chunk.data(), static_cast<std::size_t>(got));
  }
  return received;
}

}  // namespace tandem::lbd::test
