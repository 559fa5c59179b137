#include "lbd/core/routing/router.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "lbd/core/routing/uri_parts.hpp"
#include "lbd/core/routing/wildcard.hpp"
#include "lbd/core/rng.hpp"
#include "tests/unit/lbd/core/http1_support.hpp"

using namespace tandem;
using namespace tandem::lbd;
using Kind = config::ConditionConfig::Kind;

namespace {

std::optional<std::uint32_t> resolve(std::string_view name) {
  if (name == "main") return 0;
  if (name == "one") return 1;
  if (name == "two") return 2;
  return std::nullopt;
}

config::ConditionConfig condition(Kind kind, std::vector<std::string> values, std::string name = "") {
  return {kind, std::move(name), std::move(values)};
}

config::RuleConfig rule(std::vector<config::ConditionConfig> conditions, std::string group = "one") {
  config::RuleConfig rule;
  rule.name = "r";
  rule.conditions = std::move(conditions);
  rule.target_groups = {{std::move(group), 1}};
  return rule;
}

Router compile(std::vector<config::RuleConfig> rules, std::string default_group = "main") {
  config::ListenerConfig listener;
  listener.name = "web";
  listener.rules = std::move(rules);
  listener.default_target_group = std::move(default_group);
  auto router = Router::compile(listener, resolve);
  REQUIRE(router);
  return std::move(router).value();
}

std::uint32_t group_of(const Router& router, const std::string& request, const char* source = "192.0.2.9") {
  const auto parsed = http1::test::parse_request(request);
  REQUIRE(parsed->result.state == http1::HeadState::complete);
  const RouteResult result = router.route({parsed->head, *IpAddress::parse(source), 0});
  REQUIRE(result.kind == RouteResult::Kind::group);
  return result.group;
}

std::string get(const std::string& target, const std::string& fields = "", const std::string& host = "shop.example") {
  return "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n";
}

}  // namespace

TEST_CASE("wildcards") {
  struct Row { const char* pattern; const char* text; bool match; };
  const Row rows[] = {
      {"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "abc", true}, {"a*", "a", true}, {"a*", "ba", false},
      {"*a", "ba", true}, {"*a", "ab", false}, {"a*c", "abc", true}, {"a*c", "ac", true}, {"a*c", "abcd", false},
      {"a*b*c", "a-b-b-c", true}, {"a*b*c", "a-c-b", false}, {"**", "x", true}, {"*.example.com", "a.b.example.com", true},
      {"*.example.com", "example.com", false}, {"/api/*", "/api/", true}, {"/api/*", "/api", false}, {"/API", "/api", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    CAPTURE(row.text);
    CHECK(wildcard_match(row.pattern, row.text) == row.match);
  }
  CHECK(wildcard_match_no_case("*.example.com", "WWW.Example.COM"));
  // The worst case stays quadratic, not exponential.
  CHECK_FALSE(wildcard_match("*a*a*a*a*a*a*a*a*b", std::string(5000, 'a')));
}

TEST_CASE("authorities and query parameters") {
  CHECK(split_authority("a:80").host == "a");
  CHECK(split_authority("a:80").port == "80");
  CHECK(split_authority("a").port.empty());
  CHECK(split_authority("[::1]").host == "[::1]");
  CHECK(split_authority("[::1]:8").port == "8");
  std::string seen;
  CHECK_FALSE(any_query_parameter("a=1&&b&c==&d=", [&seen](auto name, auto value) {
    seen += std::string(name) + "[" + std::string(value) + "]";
    return false;
  }));
  CHECK(seen == "a[1][]b[]c[=]d[]");
}

TEST_CASE("every kind of condition") {
  const Router host = compile({rule({condition(Kind::host, {"Shop.example", "*.shop.example"})})});
  CHECK(group_of(host, get("/")) == 1);
  CHECK(group_of(host, get("/", "", "SHOP.EXAMPLE:8080")) == 1);
  CHECK(group_of(host, get("/", "", "a.shop.example")) == 1);
  CHECK(group_of(host, get("/", "", "other.example")) == 0);
  CHECK(group_of(host, get("http://shop.example/", "", "other.example")) == 1);
  CHECK(group_of(host, "GET / HTTP/1.0\r\n\r\n") == 0);

  const Router path = compile({rule({condition(Kind::path, {"/api/*", "/exact"})})});
  CHECK(group_of(path, get("/api/x?y")) == 1);
  CHECK(group_of(path, get("/exact?/api/")) == 1);
  CHECK(group_of(path, get("/exact/")) == 0);
  CHECK(group_of(path, get("/apix")) == 0);
  CHECK(group_of(path, get("http://shop.example/api/")) == 1);
  const Router root = compile({rule({condition(Kind::path, {"/"})})});
  CHECK(group_of(root, get("http://shop.example")) == 1);

  const Router method = compile({rule({condition(Kind::method, {"GET", "BREW"})})});
  CHECK(group_of(method, get("/")) == 1);
  CHECK(group_of(method, "BREW / HTTP/1.1\r\nHost: a\r\n\r\n") == 1);
  CHECK(group_of(method, "POST / HTTP/1.1\r\nHost: a\r\n\r\n") == 0);

  const Router header = compile({rule({condition(Kind::header, {"true", "yes"}, "X-Canary")})});
  CHECK(group_of(header, get("/", "x-canary: yes\r\n")) == 1);
  CHECK(group_of(header, get("/", "X-Canary: no\r\nX-Canary: true\r\n")) == 1);
  CHECK(group_of(header, get("/", "X-Canary: True\r\n")) == 0);
  CHECK(group_of(header, get("/", "X-Canary2: true\r\n")) == 0);
  const Router known = compile({rule({condition(Kind::header, {"curl"}, "user-agent")})});
  CHECK(group_of(known, get("/", "User-Agent: curl\r\n")) == 1);
  CHECK(group_of(known, get("/", "Referer: curl\r\n")) == 0);

  const Router query = compile({rule({condition(Kind::query, {"2", ""}, "v")})});
  CHECK(group_of(query, get("/?a=1&v=2")) == 1);
  CHECK(group_of(query, get("/?v")) == 1);
  CHECK(group_of(query, get("/?v=3&v=2")) == 1);
  CHECK(group_of(query, get("/?vv=2")) == 0);
  CHECK(group_of(query, get("/v=2")) == 0);

  const Router cookie = compile({rule({condition(Kind::cookie, {"b"}, "group")})});
  CHECK(group_of(cookie, get("/", "Cookie: a=1; group=b\r\n")) == 1);
  CHECK(group_of(cookie, get("/", "Cookie: a=1\r\nCookie: group=\"b\"\r\n")) == 1);
  CHECK(group_of(cookie, get("/", "Cookie: Group=b\r\n")) == 0);

  const Router source = compile({rule({condition(Kind::source, {"10.0.0.0/8", "2001:db8::/32"})})});
  CHECK(group_of(source, get("/"), "10.9.8.7") == 1);
  CHECK(group_of(source, get("/"), "2001:db8::7") == 1);
  CHECK(group_of(source, get("/"), "11.0.0.1") == 0);
}

TEST_CASE("all conditions of a rule, the first rule that holds, or the default") {
  const Router router = compile({
      rule({condition(Kind::path, {"/a*"}), condition(Kind::method, {"POST"})}, "one"),
      rule({condition(Kind::path, {"/a*"})}, "two"),
  });
  CHECK(group_of(router, get("/ab")) == 2);
  CHECK(group_of(router, "POST /ab HTTP/1.1\r\nHost: a\r\n\r\n") == 1);
  CHECK(group_of(router, get("/b")) == 0);
  const auto parsed = http1::test::parse_request(get("/b"));
  CHECK(compile({}, "").route({parsed->head, {}, 0}).kind == RouteResult::Kind::none);
  CHECK(router.route({parsed->head, {}, 0}).rule == RouteResult::by_default);
  const auto a = http1::test::parse_request(get("/a"));
  CHECK(router.route({a->head, {}, 0}).rule == 1);
}

TEST_CASE("weighted target groups") {
  config::RuleConfig weighted = rule({});
  weighted.target_groups = {{"one", 95}, {"main", 0}, {"two", 5}};
  const Router router = compile({weighted});
  const auto parsed = http1::test::parse_request(get("/"));
  Rng rng(3);
  std::array<int, 3> counts{};
  for (int i = 0; i < 20000; ++i) ++counts[router.route({parsed->head, {}, rng.next()}).group];
  CHECK(counts[0] == 0);
  CHECK(std::abs(counts[2] - 1000) < 150);
  CHECK(router.route({parsed->head, {}, 0}).group == 1);
  CHECK(router.route({parsed->head, {}, ~std::uint64_t{0}}).group == 2);
}

TEST_CASE("what cannot be compiled") {
  const auto error = [](config::RuleConfig broken) {
    config::ListenerConfig listener;
    listener.rules = {std::move(broken)};
    return !Router::compile(listener, resolve);
  };
  CHECK(error(rule({}, "nowhere")));
  CHECK(error(rule({condition(Kind::source, {"10.0.0.0/33"})})));
  config::RuleConfig none = rule({});
  none.target_groups = {{"one", 0}};
  CHECK(error(none));
  config::RuleConfig injected = rule({});
  injected.redirect = config::RedirectConfig{"https", "a\r\nX: y", {}, "", 301};
  CHECK(error(injected));
  config::ListenerConfig listener;
  listener.default_target_group = "nowhere";
  CHECK_FALSE(Router::compile(listener, resolve));
}

TEST_CASE("locations") {
  const auto location = [](config::RedirectConfig redirect, const std::string& request, std::size_t space = 256) {
    config::RuleConfig to = rule({});
    to.redirect = std::move(redirect);
    const Router router = compile({to});
    const auto parsed = http1::test::parse_request(request);
    REQUIRE(router.route({parsed->head, {}, 0}).kind == RouteResult::Kind::redirect);
    std::vector<char> out(space);
    return std::string(router.write_location(0, parsed->head, "http", 8080, out));
  };
  CHECK(location({"https", "", {}, "", 308}, get("/a?b=c", "", "shop.example:8080")) == "https://shop.example/a?b=c");
  CHECK(location({"https", "", 443, "", 308}, get("/")) == "https://shop.example/");
  CHECK(location({"https", "", 8443, "", 308}, get("/")) == "https://shop.example:8443/");
  CHECK(location({"", "new.example", {}, "", 301}, get("/x", "", "old:81")) == "http://new.example:81/x");
  CHECK(location({"", "", {}, "/moved", 301}, get("/x?q=1")) == "http://shop.example/moved?q=1");
  CHECK(location({"", "", {}, "/moved?to=1", 301}, get("/x?q=1")) == "http://shop.example/moved?to=1");
  CHECK(location({"https", "", {}, "", 301}, get("http://b.example")) == "https://b.example/");
  CHECK(location({"https", "", {}, "", 301}, get("/", "", "[2001:db8::1]:80")) == "https://[2001:db8::1]/");
  CHECK(location({"https", "", {}, "", 301}, "GET / HTTP/1.0\r\n\r\n").empty());
  CHECK(location({"", "h", {}, "", 301}, "GET / HTTP/1.0\r\n\r\n") == "http://h:8080/");
  CHECK(location({"https", "", {}, "", 308}, get("/" + std::string(300, 'x'))).empty());
  CHECK(location({"https", "", {}, "", 308}, get("/"), 0).empty());
}
