#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/integration/lbctl/pair.hpp"

using namespace tandem::ctl::testing;
using Json = nlohmann::ordered_json;
using tandem::io::testing::TemporaryDirectory;

namespace {

std::string write(const TemporaryDirectory& directory, const std::string& text) {
  const std::string file = directory.file("tandem.json");
  std::ofstream(file) << text;
  return file;
}

constexpr const char* good = R"({"version": 1, "listeners": [
  {"name": "web", "protocol": "http", "address": "*", "port": 80, "default_target_group": "shop"}],
  "target_groups": [{"name": "shop", "protocol": "http", "backends": [
    {"name": "s1", "address": "192.0.2.1:80"}, {"name": "s2", "address": "192.0.2.2:80"}]}]})";

}  // namespace

TEST_CASE("check: a good file is counted") {
  const TemporaryDirectory directory;
  const std::string file = write(directory, good);
  const Run run = run_lbctl({"check", file});
  CHECK(run.exit_code == 0);
  CHECK(run.out == file + ": ok (0 virtual addresses, 1 listener, 1 target group, 2 backends, 0 certificates)\n");
  CHECK(run_lbctl({"check", "--config", file}).out == run.out);
  const Json json = Json::parse(run_lbctl({"check", file, "--json"}).out);
  CHECK(json["ok"] == true);
  CHECK(json["backends"] == 2);
}

TEST_CASE("check: every mistake, with its place, and exit code 2") {
  const TemporaryDirectory directory;
  const std::string file = write(directory, R"({"version": 1,
  "listners": [],
  "workers": "many"})");
  const Run run = run_lbctl({"check", file});
  CHECK(run.exit_code == 2);
  CHECK(run.out.find(file + ":2:") != std::string::npos);
  CHECK(run.out.find(file + ":3:") != std::string::npos);
  const Run json = run_lbctl({"check", file, "--json"});
  CHECK(json.exit_code == 2);
  const Json outcome = Json::parse(json.out);
  CHECK(outcome["ok"] == false);
  CHECK(outcome["diagnostics"].size() >= 2);
  CHECK(outcome["diagnostics"][0]["line"] == 2);
  CHECK(outcome.contains("error"));
}

TEST_CASE("check: what is not supported yet is a reason to refuse") {
  const TemporaryDirectory directory;
  std::string text = good;
  text.insert(text.find("\"address\": \"*\""), "\"http2\": true, ");
  const Run run = run_lbctl({"check", write(directory, text)});
  CHECK(run.exit_code == 2);
  CHECK(run.out.find("not supported yet: ") != std::string::npos);
}

TEST_CASE("check: a file that is not there is a mistake at its beginning") {
  const Run run = run_lbctl({"check", "/nonexistent/tandem.json"});
  CHECK(run.exit_code == 2);
  CHECK(run.out.find("/nonexistent/tandem.json:1:1: ") == 0);
}
