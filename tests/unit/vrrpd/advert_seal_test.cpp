// Two nodes that authenticate their adverts: what is accepted, what is refused, and how lost numbers are found again.
#include "vrrpd/io/advert_seal.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/unit/vrrpd/packet_bytes.hpp"
#include "vrrpd/io/session_file.hpp"

namespace tandem::vrrp {
namespace {

using test::Bytes;

const Prefix vip{IpAddress::v4({192, 0, 2, 100}), 24};
const IpAddress group = multicast_group(false);
const TimePoint now{std::chrono::seconds(1000)};

crypto::Key cluster_key(std::uint8_t fill) {
  crypto::Key key{};
  key.fill(fill);
  return key;
}

/// One vrrpd with one virtual router.
struct Node {
  Node(std::uint8_t last, const std::string& name, const std::string& peer, std::uint64_t session, Stamp heard = {},
       std::uint8_t key = 1)
      : address(IpAddress::v4({192, 0, 2, last})), keys(advert_keys(cluster_key(key), name, peer).value()) {
    stamps.start(session, heard);
    seal.emplace(stamps, [this] { ++new_sessions; });
    gate.emplace(*seal, keys);
  }

  Bytes say(std::uint8_t priority = 200, std::uint8_t vrid = 51) {
    std::array<std::uint8_t, max_advert_bytes> out{};
    const std::size_t length = gate->write({.vrid = vrid, .priority = priority,
                                            .interval = std::chrono::milliseconds(100), .source = address,
                                            .destination = group},
                                           {&vip, 1}, out);
    return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(length)};
  }

  Drop hear(const IpAddress& source, const Bytes& message) {
    const Decoded decoded = decode(Datagram{.source = source, .destination = group, .ttl = 255, .message = message});
    return decoded.drop != Drop::none ? decoded.drop : gate->check(decoded.advert, now);
  }
  Drop hear(Node& other) { return hear(other.address, other.say()); }

  IpAddress address;
  AdvertKeys keys;
  Stamps stamps;
  int new_sessions = 0;
  std::optional<AdvertSeal> seal;
  std::optional<AdvertGate> gate;
};

struct Directory {
  Directory() { REQUIRE(::mkdtemp(name.data()) != nullptr); }
  ~Directory() { std::filesystem::remove_all(name); }
  std::string name = "/tmp/vrrpd-session-XXXXXX";
};

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("adverts of the other node are accepted, once") {
  Node a(11, "lb1", "lb2", 10);
  Node b(12, "lb2", "lb1", 20);
  const Bytes first = a.say();
  const Bytes second = a.say(0);
  CHECK(b.hear(a.address, first) == Drop::none);
  CHECK(b.hear(a.address, first) == Drop::replayed);
  CHECK(b.hear(a.address, second) == Drop::none);
  CHECK(b.hear(a.address, first) == Drop::replayed);
  CHECK(b.hear(a.address, second) == Drop::replayed);
  CHECK(b.stamps.heard() == Stamp{10, 2});
  CHECK(b.new_sessions == 1);
  CHECK(b.gate->problem(now).empty());
}

TEST_CASE("what is not the other node's is refused") {
  Node a(11, "lb1", "lb2", 10);
  Node b(12, "lb2", "lb1", 20);
  const Bytes good = a.say();

  SUBCASE("without a trailer") {
    AdvertGate open(*a.seal, std::nullopt);
    std::array<std::uint8_t, max_advert_bytes> out{};
    const std::size_t length = open.write({.vrid = 51, .priority = 255, .interval = std::chrono::milliseconds(100),
                                           .source = a.address, .destination = group},
                                          {&vip, 1}, out);
    CHECK(b.hear(a.address, {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(length)}) ==
          Drop::no_authentication);
    CHECK_FALSE(b.gate->problem(now).empty());
  }
  SUBCASE("each byte changed") {
    for (std::size_t i = 0; i < good.size(); ++i) {
      CAPTURE(i);
      Bytes changed = good;
      changed[i] ^= 0x10;
      CHECK(b.hear(a.address, changed) != Drop::none);
    }
  }
  SUBCASE("from another address") { CHECK(b.hear(IpAddress::v4({192, 0, 2, 66}), good) == Drop::wrong_hmac); }
  SUBCASE("with another cluster key") {
    Node stranger(11, "lb1", "lb2", 10, {}, 2);
    CHECK(b.hear(stranger) == Drop::wrong_hmac);
    CHECK_FALSE(b.gate->problem(now + std::chrono::milliseconds(2999)).empty());
    CHECK(b.gate->problem(now + std::chrono::seconds(3)).empty());  // nobody says such things any more
    CHECK(b.hear(a) == Drop::none);
    CHECK(b.gate->problem(now).empty());
  }
  SUBCASE("its own, thrown back") { CHECK(b.hear(b.address, b.say()) == Drop::wrong_hmac); }
  CHECK(b.stamps.heard().session == (b.stamps.heard().counter == 0 ? 0 : 10));
}

TEST_CASE("a node without authentication takes no notice of a trailer, but says so") {
  Node a(11, "lb1", "lb2", 10);
  Node b(12, "lb2", "lb1", 20);
  b.gate.emplace(*b.seal, std::nullopt);
  CHECK(b.hear(a) == Drop::none);
  CHECK_FALSE(b.gate->problem(now).empty());
  a.gate.emplace(*a.seal, std::nullopt);
  CHECK(b.hear(a) == Drop::none);
  CHECK(b.gate->problem(now).empty());
}

TEST_CASE("virtual routers count together, and are filtered apart") {
  Node a(11, "lb1", "lb2", 10);
  Node b(12, "lb2", "lb1", 20);
  AdvertGate second(*b.seal, b.keys);
  const Bytes of_51 = a.say(200, 51);
  const Bytes of_52 = a.say(200, 52);
  const Decoded decoded = decode(Datagram{.source = a.address, .destination = group, .ttl = 255, .message = of_52});
  CHECK(second.check(decoded.advert, now) == Drop::none);
  CHECK(b.hear(a.address, of_51) == Drop::none);
  // A virtual router that begins later knows what the others have heard.
  AdvertGate third(*b.seal, b.keys);
  CHECK(third.check(decoded.advert, now) == Drop::replayed);
}

TEST_CASE("the other node starts again: its new session counts, recordings of the old one do not") {
  Node b(12, "lb2", "lb1", 20);
  Node before(11, "lb1", "lb2", 10);
  const Bytes unheard = before.say();
  CHECK(b.hear(before) == Drop::none);
  const Bytes later = before.say();
  Node after(11, "lb1", "lb2", 11);
  CHECK(b.hear(after) == Drop::none);
  CHECK(b.new_sessions == 2);
  CHECK(b.hear(before.address, unheard) == Drop::replayed);
  CHECK(b.hear(before.address, later) == Drop::replayed);
  // Nor on a virtual router that has heard nothing of the new session itself.
  AdvertGate other(*b.seal, b.keys);
  const Decoded decoded = decode(Datagram{.source = before.address, .destination = group, .ttl = 255, .message = later});
  CHECK(other.check(decoded.advert, now) == Drop::replayed);
}

TEST_CASE("this node starts again: what it heard before is remembered") {
  Node a(11, "lb1", "lb2", 10);
  Node b(12, "lb2", "lb1", 20);
  const Bytes heard = a.say();
  CHECK(b.hear(a.address, heard) == Drop::none);
  Node again(12, "lb2", "lb1", 21, b.stamps.heard());
  CHECK(again.hear(a.address, heard) == Drop::replayed);
  CHECK(again.hear(a) == Drop::none);
}

TEST_CASE("a node that lost its numbers learns them from the other one's first advert") {
  Node b(12, "lb2", "lb1", 20);
  SUBCASE("the session") {
    Node before(11, "lb1", "lb2", 1000);
    CHECK(b.hear(before) == Drop::none);
    Node lost(11, "lb1", "lb2", 3);
    CHECK(b.hear(lost) == Drop::replayed);
    CHECK(lost.hear(b) == Drop::none);
    CHECK(lost.stamps.own().session == 1001);
    CHECK(lost.new_sessions == 1);
    CHECK(b.hear(lost) == Drop::none);
  }
  SUBCASE("the counter, as after a machine was set back to a snapshot") {
    Node before(11, "lb1", "lb2", 1000);
    for (int i = 0; i < 10; ++i) CHECK(b.hear(before) == Drop::none);
    Node lost(11, "lb1", "lb2", 1000);
    CHECK(b.hear(lost) == Drop::replayed);
    CHECK(lost.hear(b) == Drop::none);
    CHECK(lost.stamps.own().session == 1001);
    CHECK(b.hear(lost) == Drop::none);
  }
  SUBCASE("both at once") {
    Node a(11, "lb1", "lb2", 1000);
    CHECK(b.hear(a) == Drop::none);
    CHECK(a.hear(b) == Drop::none);
    Node lost_a(11, "lb1", "lb2", 3, a.stamps.heard());
    Node lost_b(12, "lb2", "lb1", 4, b.stamps.heard());
    CHECK(lost_b.hear(lost_a) == Drop::replayed);  // but it learns from it
    CHECK(lost_a.hear(lost_b) == Drop::none);
    CHECK(lost_b.hear(lost_a) == Drop::none);
  }
}

TEST_CASE("stamps: an echo of what was really sent changes nothing") {
  Stamps stamps;
  CHECK_FALSE(stamps.started());
  stamps.start(7, {3, 4});
  CHECK(stamps.started());
  CHECK(stamps.next() == Stamp{7, 1});
  CHECK(stamps.next() == Stamp{7, 2});
  CHECK_FALSE(stamps.note_echo({7, 2}));
  CHECK_FALSE(stamps.note_echo({6, 99}));
  CHECK(stamps.own() == Stamp{7, 2});
  CHECK(stamps.note_echo({7, 3}));
  CHECK(stamps.next() == Stamp{8, 1});
  CHECK_FALSE(stamps.note_echo({std::numeric_limits<std::uint64_t>::max(), 0}));
}

TEST_CASE("session file: each start is a later session, and keeps what was heard") {
  const Directory directory;
  const SessionFile file(directory.name);
  Stamps first;
  const auto clock = static_cast<std::uint64_t>(std::time(nullptr));
  REQUIRE(file.start(first));
  CHECK(first.own().session >= clock);
  CHECK(first.own().session <= clock + 10);
  CHECK(first.heard() == Stamp{});
  first.note_heard({99, 5});
  REQUIRE(file.save(first));
  Stamps second;
  REQUIRE(file.start(second));
  CHECK(second.own() == Stamp{first.own().session + 1, 0});
  CHECK(second.heard() == Stamp{99, 5});
  CHECK(content(directory.name + "/vrrpd.session") == "1 " + std::to_string(second.own().session) + " 99 5\n");
}

TEST_CASE("session file: what is damaged or missing does not keep vrrpd from starting") {
  const Directory directory;
  const SessionFile file(directory.name);
  for (const char* text : {"", "x", "1", "1 2 3", "2 5 6 7", "1 0 0 0", "1 -1 2 3", "1 18446744073709551615 1 1",
                           "1 99999999999999999999999 1 1"}) {
    CAPTURE(text);
    std::ofstream(directory.name + "/vrrpd.session") << text;
    Stamps stamps;
    REQUIRE(file.start(stamps));
    CHECK(stamps.own().session > 1'000'000'000);
    CHECK(stamps.own().session < 1'000'000'000'000);
    CHECK(stamps.heard() == Stamp{});
  }
  Stamps stamps;
  CHECK_FALSE(SessionFile("/nonexistent/directory").start(stamps));
  CHECK(stamps.started());
}

}  // namespace tandem::vrrp
