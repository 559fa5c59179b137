#include "lbd/control/id_registry.hpp"

#include <doctest/doctest.h>

#include <set>

#include "tests/unit/lbd/control/support.hpp"

using namespace tandem;
using namespace tandem::lbd;
using test::backend;
using test::listener;

TEST_CASE("ids are dense, stable and never reused") {
  IdRegistry ids;
  const BackendId a = ids.backend("shop", backend("a", "192.0.2.1:80"));
  const BackendId b = ids.backend("shop", backend("b", "192.0.2.2:80"));
  CHECK(static_cast<std::uint32_t>(a) == 0);
  CHECK(static_cast<std::uint32_t>(b) == 1);
  CHECK(ids.backend("shop", backend("a", "192.0.2.1:80")) == a);
  // A group of another name, and another address of the same name, are other backends.
  CHECK(static_cast<std::uint32_t>(ids.backend("api", backend("a", "192.0.2.1:80"))) == 2);
  CHECK(static_cast<std::uint32_t>(ids.backend("shop", backend("a", "192.0.2.9:80"))) == 3);
  CHECK(ids.backend("shop", backend("a", "192.0.2.1:80")) == a);
  // The weight is not part of the identity.
  CHECK(ids.backend("shop", backend("a", "192.0.2.1:80", 7)) == a);
}

TEST_CASE("a listener is its protocol, address and port; its name may change") {
  IdRegistry ids;
  const ListenerId first = ids.listener(listener("web", 80, "shop"));
  CHECK(ids.names()->listeners.at(0) == "web");
  const NameTablePtr before = ids.names();
  CHECK(ids.listener(listener("front", 80, "shop")) == first);
  CHECK(ids.names()->listeners.at(0) == "front");
  CHECK(before->listeners.at(0) == "web");  // tables handed out do not change
  CHECK(ids.listener(listener("front", 81, "shop")) != first);

  auto other = listener("web", 80, "shop");
  other.protocol = config::ListenerProtocol::tcp;
  CHECK(ids.listener(other) != first);
  other = listener("web", 80, "shop");
  other.address.reset();
  CHECK(ids.listener(other) != first);
}

TEST_CASE("names by backend id") {
  IdRegistry ids;
  ids.backend("shop", backend("a", "192.0.2.1:80"));
  const BackendId id = ids.backend("api", backend("b", "192.0.2.1:80"));
  const auto names = ids.names();
  CHECK(names->backends.at(static_cast<std::size_t>(id)).group == "api");
  CHECK(names->backends.at(static_cast<std::size_t>(id)).backend == "b");
}

TEST_CASE("backend identities differ, and never change between versions") {
  std::set<std::uint64_t> seen;
  for (int g = 0; g < 20; ++g) {
    for (int b = 0; b < 500; ++b) seen.insert(backend_identity("g" + std::to_string(g), "b" + std::to_string(b)));
  }
  CHECK(seen.size() == 10'000);
  CHECK(backend_identity("ab", "c") != backend_identity("a", "bc"));
  // Cookies and tables of a running pair hold this number.
  CHECK(backend_identity("shop", "s1") == 15878729324919007119u);
}
