// Requests against rules of every kind; a Location never holds a byte that could split the reply.
#include <array>

#include "lbd/core/routing/router.hpp"
#include "tests/fuzz/lbd/fuzz_support.hpp"

using namespace tandem;
using namespace tandem::lbd;
using Kind = config::ConditionConfig::Kind;

namespace {

Router make_router() {
  config::ListenerConfig listener;
  const auto rule = [&listener](Kind kind, std::string name, std::vector<std::string> values, bool redirect) {
    config::RuleConfig made;
    made.conditions = {{kind, std::move(name), std::move(values)}};
    if (redirect) made.redirect = config::RedirectConfig{"https", "", {}, "", 308};
    else made.target_groups = {{"a", 3}, {"b", 5}};
    listener.rules.push_back(std::move(made));
  };
  rule(Kind::header, "X-Canary", {"true"}, false);
  rule(Kind::query, "v", {"2"}, false);
  rule(Kind::cookie, "group", {"b"}, false);
  rule(Kind::path, "", {"/api/*", "*a*b*c*d"}, true);
  rule(Kind::host, "", {"*.example.com", "a*"}, true);
  rule(Kind::method, "", {"POST"}, false);
  listener.default_target_group = "b";
  auto router = Router::compile(listener, [](std::string_view name) -> std::optional<std::uint32_t> {
    return name == "a" ? 0u : 1u;
  });
  fuzz::require(router.has_value());
  return std::move(router).value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Router router = make_router();
  const std::string_view bytes = fuzz::text(data, size);
  std::array<http1::Field, 100> storage;
  http1::HeadProgress progress;
  http1::RequestHead head;
  if (http1::parse_request_head(bytes, {}, storage, progress, head).state != http1::HeadState::complete) return 0;
  const RouteResult result = router.route({head, IpAddress::v4({192, 0, 2, 1}), size * 0x9e3779b97f4a7c15U});
  fuzz::require(result.kind != RouteResult::Kind::none);
  if (result.kind == RouteResult::Kind::group) {
    fuzz::require(result.group <= 1);
    return 0;
  }
  std::array<char, 300> out;
  for (const char c : router.write_location(result.rule, head, "http", 80, out)) fuzz::require(c > 0x20 && c < 0x7f);
  return 0;
}
