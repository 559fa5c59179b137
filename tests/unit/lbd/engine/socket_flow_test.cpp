// What the peers of a socket see when buffers are full, nobody reads, or sockets come and go: the same
// with either engine.
#include <doctest/doctest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lbd/engine/ring_buffers.hpp"
#include "lbd/engine/socket.hpp"
#include "tests/support/engine.hpp"
#include "tests/unit/lbd/engine/socket_faults.hpp"

using namespace tandem;
using namespace tandem::lbd;

namespace {

/// A Socket and the raw other end.
struct Ends {
  explicit Ends(Loop& loop, int send_buffer = 0) : socket(std::in_place, loop) {
    std::array<int, 2> fds{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()) == 0);
    if (send_buffer > 0) ::setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
    REQUIRE(socket->adopt(fds[0], writable));
    peer = fds[1];
  }
  ~Ends() { close_peer(); }
  Ends(const Ends&) = delete;
  void close_peer() {
    if (peer >= 0) ::close(std::exchange(peer, -1));
  }

  /// What the peer can read now; sets `eof` at the end of the stream.
  std::string peer_reads() {
    std::string all;
    std::vector<char> space(65536);
    for (;;) {
      const ssize_t got = ::read(peer, space.data(), space.size());
      if (got > 0) all.append(space.data(), static_cast<std::size_t>(got));
      if (got == 0) eof = true;
      if (got <= 0) return all;
    }
  }
  /// Writes until the kernel takes no more, at most `most` bytes; returns what it took.
  std::string peer_floods(std::size_t most) {
    std::string sent;
    while (sent.size() < most) {
      const std::string piece = pattern(sent.size(), 997);
      const ssize_t put = ::write(peer, piece.data(), piece.size());
      if (put <= 0) break;
      sent.append(piece.data(), static_cast<std::size_t>(put));
    }
    return sent;
  }
  std::string reads() {
    std::string all;
    std::vector<std::byte> space(16384);
    for (;;) {
      const IoResult got = socket->try_recv(space);
      if (!got.ok()) return all;
      all.append(reinterpret_cast<const char*>(space.data()), got.bytes);
    }
  }
  static std::string pattern(std::size_t from, std::size_t size) {
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (from + i) % 23);
    return text;
  }

  std::optional<Socket> socket;
  int peer = -1;
  bool eof = false;
};

IoResult send(Socket& socket, const std::string& text) {
  return socket.try_send(std::as_bytes(std::span(text)));
}

/// Small sends until the socket takes no more; returns what it has taken.
std::string fill(Loop& loop, Ends& ends) {
  std::string taken;
  for (int turn = 0; turn < 100; ++turn) {
    if (ends.socket->is(writable)) {
      const std::string piece = Ends::pattern(taken.size(), 700);
      const IoResult sent = send(*ends.socket, piece);
      if (sent.ok()) taken += piece.substr(0, sent.bytes);
    }
    loop.turn(Duration(0));
  }
  REQUIRE_FALSE(ends.socket->is(writable));
  return taken;
}

}  // namespace

TEST_CASE("what a full socket has taken arrives in order once the peer reads, and then it is writable") {
  test::TestLoop loop;
  Ends ends(loop, 4096);
  std::string taken = fill(loop, ends);
  std::string arrived;
  for (int turn = 0; turn < 100 && !ends.socket->is(writable); ++turn) {
    arrived += ends.peer_reads();
    loop.turn(Duration(0));
  }
  REQUIRE(ends.socket->is(writable));
  REQUIRE(send(*ends.socket, "end").ok());
  loop.turn(Duration(0));
  arrived += ends.peer_reads();
  CHECK(arrived == taken + "end");
}

TEST_CASE("closing a full socket, or shutting it down, loses nothing that it has taken") {
  for (const bool shut : {false, true}) {
    test::TestLoop loop;
    Ends ends(loop, 4096);
    const std::string taken = fill(loop, ends);
    if (shut) ends.socket->shutdown_send();
    else ends.socket->close();
    std::string arrived;
    for (int turn = 0; turn < 100 && !ends.eof; ++turn) {
      arrived += ends.peer_reads();
      loop.turn(Duration(0));
    }
    CHECK(ends.eof);
    CHECK(arrived == taken);
  }
}

TEST_CASE("a small send just before the close arrives, and the end of the stream after it") {
  test::TestLoop loop;
  Ends ends(loop);
  loop.turn(Duration(0));
  REQUIRE(send(*ends.socket, "bye").ok());
  ends.socket->close();
  loop.turn(Duration(0));
  CHECK(ends.peer_reads() == "bye");
  CHECK(ends.eof);
}

TEST_CASE("several sends in one turn keep their order, small and big") {
  test::TestLoop loop;
  Ends ends(loop);
  std::string expected;
  for (const std::size_t size : {10u, 3000u, 20u, 30u, 5000u, 1u}) {
    const std::string piece = Ends::pattern(expected.size(), size);
    REQUIRE(send(*ends.socket, piece).bytes == size);
    expected += piece;
  }
  loop.turn(Duration(0));
  CHECK(ends.peer_reads() == expected);
}

TEST_CASE("a loop can end while a closed socket still has bytes to send") {
  std::optional<test::TestLoop> loop(std::in_place);
  Ends ends(*loop, 4096);
  fill(*loop, ends);
  ends.socket.reset();
  loop.reset();
  ends.peer_reads();
  CHECK(ends.eof);
}

TEST_CASE("a session that does not read is not read for: the peer's flood stops, and nothing of it is lost") {
  test::TestLoop loop;
  Ends ends(loop);
  std::string sent;
  for (int turn = 0; turn < 50; ++turn) {
    std::string more = ends.peer_floods(1 << 20);
    // The pattern begins anew with each flood.
    sent += more;
    loop.turn(Duration(0));
  }
  // The kernel's own buffers, and a few of the ring's: not a megabyte for each turn.
  CHECK(sent.size() < std::size_t{2} << 20);
  CHECK(ends.socket->is(readable));
  std::string got;
  for (int turn = 0; turn < 100 && got.size() < sent.size(); ++turn) {
    got += ends.reads();
    loop.turn(Duration(0));
  }
  CHECK(got == sent);
}

TEST_CASE("more sockets with unread bytes than the ring has buffers: each gets its own bytes") {
  test::TestLoop loop;
  std::vector<std::unique_ptr<Ends>> all;
  // Two descriptors each: within the usual limit.
  const std::size_t count = 300;
  for (std::size_t i = 0; i < count; ++i) all.push_back(std::make_unique<Ends>(loop));
  loop.turn(Duration(0));
  // Two separate pieces each, so that they fill more buffers than there are.
  for (int piece = 0; piece < 2; ++piece) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string text = std::to_string(i) + ";";
      REQUIRE(::write(all[i]->peer, text.data(), text.size()) > 0);
    }
    loop.turn(Duration(0));
  }
  static_assert(2 * 300 > RingBuffers::count);
  for (int turn = 0; turn < 5; ++turn) loop.turn(Duration(0));
  for (std::size_t i = 0; i < count; ++i) {
    std::string got;
    for (int turn = 0; turn < 20 && got.size() < 2 * (std::to_string(i).size() + 1); ++turn) {
      got += all[i]->reads();
      loop.turn(Duration(0));
    }
    CHECK(got == std::to_string(i) + ";" + std::to_string(i) + ";");
  }
}

TEST_CASE("a new socket with the number of a closed one gets nothing that was meant for that") {
  test::TestLoop loop;
  for (int i = 0; i < 300; ++i) {
    std::string text = "old " + std::to_string(i);
    std::optional<Ends> old(std::in_place, loop);
    const int number = old->socket->fd();
    if (i % 3 == 0) loop.turn(Duration(0));
    REQUIRE(::write(old->peer, text.data(), text.size()) > 0);
    if (i % 3 == 1) loop.turn(Duration(0));
    if (i % 2 == 0) REQUIRE(send(*old->socket, "to the old").ok());
    old.reset();
    Ends fresh(loop);
    CHECK(fresh.socket->fd() == number);
    text = "new " + std::to_string(i);
    REQUIRE(::write(fresh.peer, text.data(), text.size()) > 0);
    for (int turn = 0; turn < 3; ++turn) loop.turn(Duration(0));
    CHECK(fresh.reads() == text);
    CHECK(fresh.peer_reads().empty());
  }
}

TEST_CASE("with io_uring, bulk is read by system calls and small messages come by themselves again after it") {
  test::TestLoop loop;
  if (loop.ring() == nullptr) return;
  Ends ends(loop);
  SocketFaults faults;
  std::string sent;
  std::string got;
  for (int turn = 0; turn < 200; ++turn) {
    if (sent.size() < 500'000) sent += ends.peer_floods(100'000);
    loop.turn(Duration(0));
    got += ends.reads();
  }
  CHECK(got == sent);
  CHECK(faults.calls > 3);
  const auto small_message = [&] {
    REQUIRE(::write(ends.peer, "small", 5) == 5);
    loop.turn(Duration(0));
    loop.turn(Duration(0));
    return ends.reads();
  };
  for (int i = 0; i < 10; ++i) CHECK(small_message() == "small");
  const int calls = faults.calls;
  for (int i = 0; i < 10; ++i) CHECK(small_message() == "small");
  CHECK(faults.calls == calls);
}

TEST_CASE("a reset is told to whoever waits on a socket whose stream has ended already") {
  test::TestLoop loop;
  const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  REQUIRE(::bind(listening, reinterpret_cast<sockaddr*>(&address), length) == 0);
  REQUIRE(::listen(listening, 1) == 0);
  REQUIRE(::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  const int peer = ::socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(::connect(peer, reinterpret_cast<sockaddr*>(&address), length) == 0);
  Socket socket(loop);
  REQUIRE(socket.adopt(::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK), writable));
  ::close(listening);
  struct Ear final : Wakeable {
    void wake() override { ++woken; }
    int woken = 0;
  } ear;
  loop.turn(Duration(0));
  SUBCASE("who was waiting when it ended") {
    socket.arm(ear, broken);
    ::shutdown(peer, SHUT_WR);
    while (!socket.is(peer_closed)) loop.turn(std::chrono::milliseconds(10));
  }
  SUBCASE("who begins to wait afterwards") {
    ::shutdown(peer, SHUT_WR);
    while (!socket.is(peer_closed)) loop.turn(std::chrono::milliseconds(10));
    std::byte space;
    CHECK(socket.try_recv({&space, 1}).status == IoStatus::eof);
    socket.arm(ear, broken);
  }
  CHECK(ear.woken == 0);
  const linger abort{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(peer, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
  ::close(peer);
  for (int turn = 0; turn < 200 && ear.woken == 0; ++turn) loop.turn(std::chrono::milliseconds(10));
  CHECK(ear.woken == 1);
  CHECK(socket.is(broken));
}

TEST_CASE("the peer's close is seen behind unread bytes, and after the end was read") {
  test::TestLoop loop;
  Ends ends(loop);
  struct Ear final : Wakeable {
    void wake() override { ++woken; }
    int woken = 0;
  } ear;
  loop.turn(Duration(0));
  // Interested in something else: the end alone must not wake, and must be known.
  ends.socket->arm(ear, broken);
  REQUIRE(::write(ends.peer, "last words", 10) == 10);
  ::shutdown(ends.peer, SHUT_WR);
  for (int turn = 0; turn < 3; ++turn) loop.turn(Duration(0));
  CHECK(ear.woken == 0);
  CHECK(ends.socket->is(peer_closed));
  CHECK(ends.reads() == "last words");
  std::byte space;
  CHECK(ends.socket->try_recv({&space, 1}).status == IoStatus::eof);
  REQUIRE(send(*ends.socket, "answer").ok());
  loop.turn(Duration(0));
  CHECK(ends.peer_reads() == "answer");
}
