#include <doctest/doctest.h>

#include "lbd/control/rule_check.hpp"

using namespace tandem;

TEST_CASE("what the workers could not run is refused before they have to") {
  config::Config config;
  config.target_groups.emplace_back().name = "shop";
  config::ListenerConfig& listener = config.listeners.emplace_back();
  listener.name = "web";
  listener.default_target_group = "shop";
  CHECK(lbd::check_rules(config));

  listener.request_headers.set = {{"Host", "a b"}};
  auto refused = lbd::check_rules(config);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("listener web: request_headers: ") == 0);

  listener.request_headers = {};
  listener.response_headers.remove = {"Content-Length"};
  refused = lbd::check_rules(config);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("listener web: response_headers: ") == 0);

  listener.response_headers = {};
  listener.rules.emplace_back().target_groups.emplace_back().name = "nowhere";
  refused = lbd::check_rules(config);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("listener web: rules: ") == 0);
}
