#include "common/io/daemon.hpp"

#include <sys/stat.h>

#include <fstream>

#include "tests/support/io_fixture.hpp"

using namespace tandem::io;
using tandem::io::testing::TemporaryDirectory;

TEST_CASE("daemon options: both spellings, and their defaults") {
  const auto options =
      parse_daemon_options({"--config", "/etc/t.json", "--node=lb2", "--run-dir", "/tmp/r", "--log-level=debug"});
  REQUIRE(options);
  CHECK(options->config_file == "/etc/t.json");
  CHECK(options->node == "lb2");
  CHECK(options->run_dir == "/tmp/r");
  CHECK(options->log_level == tandem::log::Level::debug);

  const auto defaults = parse_daemon_options({"--config=x"});
  REQUIRE(defaults);
  CHECK(defaults->run_dir == "/run/tandem");
  CHECK(defaults->node.empty());
  CHECK(defaults->log_level == tandem::log::Level::info);
}

TEST_CASE("a wrong command line is refused with the word that is wrong") {
  struct Row {
    std::vector<std::string> arguments;
    const char* message;
  };
  const std::vector<Row> rows = {
      {{}, "--config FILE is missing"},
      {{"--config"}, "--config needs a value"},
      {{"--config="}, "--config needs a value"},
      {{"--config", "a", "--config", "b"}, "--config is given twice"},
      {{"--confg", "a"}, "unexpected '--confg'"},
      {{"a.json"}, "unexpected 'a.json'"},
      {{"--config", "a", "--log-level", "loud"}, "--log-level 'loud' is not one of debug, info, warning, error"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    const auto options = parse_daemon_options(row.arguments);
    REQUIRE_FALSE(options);
    CHECK(options.error().message.find(row.message) == 0);
  }
}

TEST_CASE("--help and --version need no configuration") {
  CHECK(parse_daemon_options({"--help"})->help);
  CHECK(parse_daemon_options({"-h"})->help);
  CHECK(parse_daemon_options({"--version"})->version);
  CHECK(daemon_usage("lbd").find("usage: lbd --config FILE") == 0);
  CHECK_FALSE(version().empty());
}

TEST_CASE("the run directory is made, accepted if it is there, refused if it cannot be one") {
  const TemporaryDirectory directory;
  const mode_t before = ::umask(0077);
  CHECK(prepare_run_dir(directory.file("run")));
  ::umask(before);
  struct stat status {};
  REQUIRE(::stat(directory.file("run").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0755);
  CHECK(prepare_run_dir(directory.file("run")));
  std::ofstream(directory.file("file")) << "x";
  CHECK_FALSE(prepare_run_dir(directory.file("file")));
  CHECK_FALSE(prepare_run_dir(directory.file("missing/run")));
}
