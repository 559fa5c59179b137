#include <doctest/doctest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "lbd/engine/connect.hpp"
#include "lbd/engine/sockaddr.hpp"
#include "lbd/engine/socket.hpp"
#include "lbd/engine/task.hpp"
#include "tests/support/engine.hpp"
#include "tests/unit/lbd/engine/socket_faults.hpp"

using namespace tandem;
using namespace tandem::lbd;

namespace {

/// A Socket under test and the raw other end.
struct Pair {
  explicit Pair(Loop& loop, int send_buffer = 0) : socket(loop) {
    std::array<int, 2> fds{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()) == 0);
    if (send_buffer > 0) ::setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
    REQUIRE(socket.adopt(fds[0], writable));
    peer = fds[1];
  }
  ~Pair() { close_peer(); }
  Pair(const Pair&) = delete;
  void close_peer() {
    if (peer >= 0) ::close(std::exchange(peer, -1));
  }
  Socket socket;
  int peer = -1;
};

IoResult recv_some(Socket& socket, std::string& into, std::size_t most) {
  std::vector<std::byte> space(most);
  const IoResult result = socket.try_recv(space);
  if (result.ok()) into.append(reinterpret_cast<const char*>(space.data()), result.bytes);
  return result;
}

Session echo(Waiter* waiter, Socket* socket, std::string* seen, bool* ended) {
  std::array<std::byte, 512> buffer;
  for (;;) {
    const Wake woken = co_await wait(*waiter, *socket, readable);
    if (woken != Wake::ready) break;
    const IoResult got = socket->try_recv(buffer);
    if (got.status == IoStatus::would_block) continue;
    if (!got.ok()) break;
    seen->append(reinterpret_cast<const char*>(buffer.data()), got.bytes);
    std::size_t sent = 0;
    while (sent < got.bytes) {
      const std::span<const std::byte> rest(buffer.data() + sent, got.bytes - sent);
      const IoResult put = socket->try_send(rest);
      if (put.ok()) sent += put.bytes;
      if (put.status == IoStatus::would_block) co_await wait(*waiter, *socket, writable);
      if (put.status == IoStatus::error) break;
    }
  }
  *ended = true;
}

Session connect_to(Waiter* waiter, Socket* socket, Endpoint to, TimePoint deadline, IoResult* out, bool* done) {
  const IoResult result = co_await connect(*waiter, *socket, to, deadline);
  *out = result;
  *done = true;
}

}  // namespace

TEST_CASE("no system call is made on a socket that is known not to be ready") {
  test::TestLoop loop;
  Pair pair(loop);
  loop.turn(Duration(0));
  SocketFaults faults;
  std::string got;
  CHECK(recv_some(pair.socket, got, 100).status == IoStatus::would_block);
  CHECK(faults.calls == 0);
  REQUIRE(::write(pair.peer, "hello", 5) == 5);
  loop.turn(Duration(0));
  CHECK(recv_some(pair.socket, got, 100).ok());
  // With io_uring the bytes have come by themselves.
  const int calls = loop.ring() == nullptr ? 1 : 0;
  CHECK(faults.calls == calls);
  // The short read has drained it.
  CHECK(recv_some(pair.socket, got, 100).status == IoStatus::would_block);
  CHECK(faults.calls == calls);
  CHECK(got == "hello");
}

TEST_CASE("a full read leaves the socket readable; the end of the stream follows the last byte") {
  test::TestLoop loop;
  Pair pair(loop);
  REQUIRE(::write(pair.peer, "hello", 5) == 5);
  pair.close_peer();
  loop.turn(Duration(0));
  CHECK(pair.socket.is(peer_closed));
  std::string got;
  CHECK(recv_some(pair.socket, got, 3).bytes == 3);
  CHECK(recv_some(pair.socket, got, 3).bytes == 2);  // short, but the peer has closed: still readable
  CHECK(recv_some(pair.socket, got, 3).status == IoStatus::eof);
  CHECK(got == "hello");
}

TEST_CASE("a full send buffer stops sending until the peer has read") {
  test::TestLoop loop;
  Pair pair(loop, 4096);
  loop.turn(Duration(0));
  const std::vector<std::byte> chunk(1000);
  std::size_t sent = 0;
  while (pair.socket.is(writable)) {
    const IoResult result = pair.socket.try_send(std::span<const std::byte>(chunk));
    if (result.ok()) sent += result.bytes;
  }
  CHECK(sent > 0);
  loop.turn(Duration(0));
  CHECK_FALSE(pair.socket.is(writable));
  std::vector<char> drain(1 << 20);
  while (::read(pair.peer, drain.data(), drain.size()) > 0) {
  }
  loop.turn(Duration(0));
  CHECK(pair.socket.is(writable));
}

TEST_CASE("a session can close its own socket while it handles its event") {
  test::TestLoop loop;
  auto pair = std::make_unique<Pair>(loop);
  struct Closer final : Wakeable {
    std::unique_ptr<Pair>* target = nullptr;
    void wake() override { target->reset(); }
  } closer;
  closer.target = &pair;
  pair->socket.arm(closer, readable);
  REQUIRE(::write(pair->peer, "x", 1) == 1);
  loop.turn(Duration(0));
  CHECK(pair == nullptr);
}

TEST_CASE("an echo gets every byte across whatever the kernel returns: short reads and writes, EAGAIN") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    test::TestLoop loop;
    Pair pair(loop, 4096);
    Waiter waiter(loop);
    std::string seen;
    bool ended = false;
    SocketFaults faults(seed);
    echo(&waiter, &pair.socket, &seen, &ended);
    std::mt19937 random(seed);
    std::string sent;
    std::string back;
    const std::size_t total = 20'000;
    std::vector<char> space(3000);
    for (int turn = 0; turn < 200'000 && back.size() < total; ++turn) {
      if (sent.size() < total && random() % 2 == 0) {
        std::string piece(1 + random() % 2000, static_cast<char>('a' + random() % 26));
        piece.resize(std::min(piece.size(), total - sent.size()));
        const ssize_t put = ::write(pair.peer, piece.data(), piece.size());
        if (put > 0) sent.append(piece.data(), static_cast<std::size_t>(put));
      }
      loop.turn(Duration(0));
      const ssize_t got = ::read(pair.peer, space.data(), 1 + random() % space.size());
      if (got > 0) back.append(space.data(), static_cast<std::size_t>(got));
    }
    CHECK(back.size() == total);
    CHECK(back == sent);
    CHECK(seen == sent);
    pair.close_peer();
    for (int turn = 0; turn < 100 && !ended; ++turn) loop.turn(std::chrono::milliseconds(1));
    CHECK(ended);
  }
}

TEST_CASE("splice: a stream goes through a pipe in whatever pieces the kernel makes, to its end") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SocketFaults faults(seed);
    metrics::Counter counter;
    metrics::Counter moved;
    PipePool pool(1, 1, counter, moved);
    test::TestLoop loop;
    Pair from(loop);
    Pair to(loop, 8 * 1024);
    const std::string sent = [&] {
      std::string text;
      for (int i = 0; i < 50'000; ++i) text += static_cast<char>('a' + i * 7 % 26);
      return text;
    }();
    std::string seen;
    std::size_t written = 0;
    std::array<char, 3000> space;
    Pipe pipe = pool.take();
    bool ended = false;
    for (int turn = 0; turn < 100'000 && !(ended && seen.size() == sent.size()); ++turn) {
      if (written < sent.size()) {
        const ssize_t put = ::write(from.peer, sent.data() + written, std::min<std::size_t>(4096, sent.size() - written));
        if (put > 0) written += static_cast<std::size_t>(put);
        if (written == sent.size()) from.close_peer();
      }
      loop.turn(Duration(0));
      if (pipe.held() == 0) ended = from.socket.try_splice_from(pipe, 4096).status == IoStatus::eof;
      if (pipe.held() > 0) CHECK(to.socket.try_splice_to(pipe).status != IoStatus::error);
      const ssize_t got = ::read(to.peer, space.data(), space.size());
      if (got > 0) seen.append(space.data(), static_cast<std::size_t>(got));
    }
    CHECK(ended);
    CHECK(seen == sent);
    CHECK(moved.get() == sent.size());
  }
}

TEST_CASE("splice to a peer that has gone is an error, not a signal") {
  std::signal(SIGPIPE, SIG_IGN);
  metrics::Counter counter;
  PipePool pool(1, 1, counter, counter);
  test::TestLoop loop;
  Pair to(loop);
  to.close_peer();
  Pipe pipe = pool.take();
  REQUIRE(::write(pipe.write_end(), "abc", 3) == 3);
  pipe.put(3);
  const IoResult result = to.socket.try_splice_to(pipe);
  CHECK(result.status == IoStatus::error);
  CHECK(result.error == EPIPE);
}

TEST_CASE("connect: accepted, refused, timed out, cancelled") {
  test::TestLoop loop;
  Waiter waiter(loop);
  IoResult result;
  bool done = false;

  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_storage storage{};
  socklen_t length = to_sockaddr({IpAddress::v4({127, 0, 0, 1}), 0}, storage);
  REQUIRE(::bind(listening, reinterpret_cast<sockaddr*>(&storage), length) == 0);
  REQUIRE(::getsockname(listening, reinterpret_cast<sockaddr*>(&storage), &length) == 0);
  const Endpoint endpoint = from_sockaddr(storage);
  Socket socket(loop);

  SUBCASE("refused") {
    connect_to(&waiter, &socket, endpoint, TimePoint::max(), &result, &done);
    while (!done) loop.turn(Duration::max());
    CHECK(result.status == IoStatus::error);
    CHECK(result.error == ECONNREFUSED);
    CHECK_FALSE(socket.is_open());
  }
  SUBCASE("accepted") {
    REQUIRE(::listen(listening, 1) == 0);
    connect_to(&waiter, &socket, endpoint, TimePoint::max(), &result, &done);
    while (!done) loop.turn(Duration::max());
    CHECK(result.ok());
    CHECK(socket.is(writable));
  }
  SUBCASE("timed out and cancelled: a full backlog answers nothing") {
    REQUIRE(::listen(listening, 0) == 0);
    std::vector<std::unique_ptr<Socket>> fill;
    for (int i = 0; i < 4; ++i) {
      fill.push_back(std::make_unique<Socket>(loop));
      REQUIRE(start_connect(*fill.back(), endpoint) == 0);
    }
    connect_to(&waiter, &socket, endpoint, loop.now() + std::chrono::milliseconds(30), &result, &done);
    while (!done) loop.turn(Duration::max());
    CHECK(result.status == IoStatus::timeout);
    done = false;
    connect_to(&waiter, &socket, endpoint, TimePoint::max(), &result, &done);
    CHECK_FALSE(done);
    waiter.cancel();
    CHECK(done);
    CHECK(result.status == IoStatus::cancelled);
    CHECK_FALSE(socket.is_open());
  }
  ::close(listening);
}
