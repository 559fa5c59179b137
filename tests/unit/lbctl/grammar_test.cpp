#include "lbctl/grammar.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "lbctl/usage.hpp"

using namespace tandem::ctl;

TEST_CASE("a command line becomes an invocation, with its options anywhere") {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"--run-dir", "/tmp/r", "--json", "weight", "shop/s1", "5"},
           {"weight", "shop/s1", "5", "--json", "--run-dir=/tmp/r"},
           {"weight", "--json", "--run-dir", "/tmp/r", "--", "shop/s1", "5"},
       }) {
    const auto parsed = parse(words);
    REQUIRE(parsed);
    CHECK(parsed->command == CommandId::weight);
    CHECK(parsed->arguments == std::vector<std::string>{"shop/s1", "5"});
    CHECK(parsed->json);
    CHECK(parsed->run_dir == "/tmp/r");
  }
}

TEST_CASE("defaults are the contract's") {
  const auto parsed = parse({"status"});
  REQUIRE(parsed);
  CHECK(parsed->run_dir == "/run/tandem");
  CHECK_FALSE(parsed->config_file);
  CHECK_FALSE(parsed->json);
  CHECK(parse({"--help"})->command == CommandId::help);
  CHECK(parse({"drain", "--help"})->arguments == std::vector<std::string>{"drain"});
  CHECK(parse({"--version"})->command == CommandId::version);
}

TEST_CASE("a wrong command line says which word is wrong") {
  struct Row {
    std::vector<std::string> words;
    const char* message;
  };
  const std::vector<Row> rows = {
      {{}, "a command is missing"},
      {{"--json"}, "a command is missing"},
      {{"stats"}, "there is no command 'stats'"},
      {{""}, "there is no command ''"},
      {{"status", "now"}, "status: unexpected 'now'"},
      {{"drain"}, "drain: GROUP/BACKEND is missing"},
      {{"drain", "shop"}, "drain: 'shop' is not GROUP/BACKEND (for example shop/s1)"},
      {{"drain", "/s1"}, "drain: '/s1' is not GROUP/BACKEND (for example shop/s1)"},
      {{"drain", "shop/"}, "drain: 'shop/' is not GROUP/BACKEND (for example shop/s1)"},
      {{"weight", "shop/s1"}, "weight: N is missing"},
      {{"weight", "shop/s1", "1001"}, "weight: '1001' is not a weight from 0 to 1000"},
      {{"weight", "shop/s1", "--", "-1"}, "weight: '-1' is not a weight from 0 to 1000"},
      {{"weight", "shop/s1", "5x"}, "weight: '5x' is not a weight from 0 to 1000"},
      {{"failover", ""}, "failover: VIP must not be empty"},
      {{"failover"}, "failover: VIP is missing"},
      {{"failover", "--all"}, "failover: --all needs --to NODE"},
      {{"failover", "vip-a", "--all", "--to", "lb1"}, "failover: VIP and --all exclude each other"},
      {{"maintenance"}, "maintenance: on|off|status is missing"},
      {{"maintenance", "please"}, "maintenance: 'please' is not one of on, off, status"},
      {{"metrics", "nginx"}, "metrics: 'nginx' is not one of lbd, vrrpd, syncd"},
      {{"help", "me"}, "there is no command 'me'"},
      {{"status", "--follow"}, "status does not take --follow"},
      {{"events", "--follow", "--once"}, "--follow and --once exclude each other"},
      {{"events", "--follow=yes"}, "--follow takes no value"},
      {{"status", "--colour"}, "there is no option '--colour'"},
      {{"status", "--run-dir"}, "--run-dir needs DIR"},
      {{"status", "--run-dir="}, "--run-dir needs DIR"},
      {{"status", "--json", "--json"}, "--json is given twice"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    const auto parsed = parse(row.words);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message == row.message);
  }
}

TEST_CASE("errors are JSON as soon as --json stands anywhere") {
  CHECK(wants_json({"stats", "--json"}));
  CHECK_FALSE(wants_json({"status"}));
}

TEST_CASE("the table is consistent: unique words, one entry for each id, required arguments first") {
  std::set<std::string_view> words;
  std::set<CommandId> ids;
  for (const CommandSpec& spec : commands()) {
    CAPTURE(spec.word);
    CHECK(words.insert(spec.word).second);
    CHECK(ids.insert(spec.id).second);
    CHECK_FALSE(spec.summary.empty());
    CHECK(&command(spec.id) == &spec);
    CHECK(find_command(spec.word) == &spec);
    bool optional_seen = false;
    for (const ArgumentSpec& argument : spec.arguments) {
      CHECK_FALSE((argument.required && optional_seen));
      optional_seen = optional_seen || !argument.required;
    }
  }
  CHECK(ids.size() == static_cast<std::size_t>(CommandId::version) + 1);
}

TEST_CASE("usage shows every command and option of the table") {
  const std::string text = usage();
  for (const CommandSpec& spec : commands()) {
    CHECK(text.find("  " + synopsis(spec)) != std::string::npos);
    CHECK(usage(spec).find("usage: lbctl " + synopsis(spec)) == 0);
  }
  for (const OptionSpec& option : global_options()) CHECK(text.find(std::string(option.name)) != std::string::npos);
  CHECK(synopsis(command(CommandId::weight)) == "weight GROUP/BACKEND N");
  CHECK(synopsis(command(CommandId::check)) == "check [FILE]");
  CHECK(synopsis(command(CommandId::events)) == "events [--follow] [--once]");
}
