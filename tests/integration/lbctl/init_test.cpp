#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/integration/lbctl/program.hpp"
#include "tests/support/io_fixture.hpp"

using namespace tandem::ctl::testing;
using Json = nlohmann::ordered_json;
using tandem::io::testing::TemporaryDirectory;

namespace {

std::vector<std::string> init(const std::string& output, std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"init",  "--node",         "lb1=192.0.2.11", "--node", "lb2=192.0.2.12",
                                    "--vip", "192.0.2.100/24", "--interface",    "eth0",   "--backend",
                                    "192.0.2.21:8080", "--output", output};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

bool exists(const std::string& path) { return std::filesystem::exists(path); }

}  // namespace

TEST_CASE("init writes a configuration that check accepts, and a key that nobody else reads") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("new/tandem.json");
  const Run run = run_lbctl(init(file));
  CHECK(run.err == "");
  CHECK(run.exit_code == 0);
  CHECK(run_lbctl({"check", file}).exit_code == 0);
  CHECK(mode_of(file) == 0644);
  const std::string key = read(directory.file("new/cluster.key"));
  CHECK(key.size() == 65);
  CHECK(key.find_first_not_of("0123456789abcdef\n") == std::string::npos);
  CHECK((mode_of(directory.file("new/cluster.key")) & 07137U) == 0);
  CHECK(read(file).find(directory.file("new/cluster.key")) != std::string::npos);
  CHECK(std::distance(std::filesystem::directory_iterator(directory.file("new")), {}) == 2);
}

TEST_CASE("init never overwrites: not the configuration without --force, the key not at all") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("tandem.json");
  std::ofstream(file) << "mine";
  const Run refused = run_lbctl(init(file));
  CHECK(refused.exit_code == 1);
  CHECK(refused.err.find("is there already; nothing was written") != std::string::npos);
  CHECK(read(file) == "mine");
  CHECK_FALSE(exists(directory.file("cluster.key")));

  CHECK(run_lbctl(init(file, {"--force"})).exit_code == 0);
  CHECK(read(file + ".old") == "mine");
  const std::string key = read(directory.file("cluster.key"));
  const Json again = Json::parse(run_lbctl(init(file, {"--force", "--json"})).out);
  CHECK(again["key_made"] == false);
  CHECK(read(directory.file("cluster.key")) == key);
}

TEST_CASE("init replaces the file of the package without a question") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("tandem.json");
  std::filesystem::copy_file(TANDEM_PACKAGED_CONFIG, file);
  CHECK(run_lbctl(init(file)).exit_code == 0);
  CHECK_FALSE(exists(file + ".old"));
  std::ofstream(file, std::ios::app) << "\n// edited\n";
  CHECK(run_lbctl(init(file)).exit_code == 1);
}

TEST_CASE("init refuses what check would refuse, and a key file that is none") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("tandem.json");
  const Run own = run_lbctl(init(file, {"--vip", "192.0.2.11/24"}));
  CHECK(own.exit_code == 2);
  CHECK(own.err.find("192.0.2.11 is the node lb1's own address") != std::string::npos);
  CHECK(own.err.find("nothing was written") != std::string::npos);
  const Json json = Json::parse(run_lbctl(init(file, {"--vip", "192.0.2.11/24", "--json"})).out);
  CHECK(json["mistakes"].size() == 1);

  std::ofstream(directory.file("cluster.key")) << "secret";
  const Run key = run_lbctl(init(file));
  CHECK(key.exit_code == 1);
  CHECK(key.err.find("has 6 characters") != std::string::npos);
  CHECK_FALSE(exists(file));
}

TEST_CASE("init without a terminal says what is missing") {
  const Run run = run_lbctl({"init", "--interface", "eth0", "--json"});
  CHECK(run.exit_code == 2);
  CHECK(Json::parse(run.out)["error"] ==
        "init: --node NAME=ADDRESS (twice), --vip ADDRESS/LENGTH, --backend ADDRESS:PORT are missing");
}

TEST_CASE("init --output - prints and writes nothing") {
  const Run run = run_lbctl(init("-"));
  CHECK(run.exit_code == 0);
  CHECK(run.out.find("\"key_file\": \"/etc/tandem/cluster.key\"") != std::string::npos);
}

TEST_CASE("init --join prints what to copy, whereto and with which modes") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("tandem.json");
  REQUIRE(run_lbctl(init(file)).exit_code == 0);
  const Run run = run_lbctl({"init", "--join", "--config", file});
  CHECK(run.exit_code == 0);
  const std::string key = directory.file("cluster.key");
  CHECK(run.out.find("scp -p " + file + " root@192.0.2.12:" + file + "\n") != std::string::npos);
  CHECK(run.out.find("scp -p " + key + " root@192.0.2.12:" + key + "\n") != std::string::npos);
  CHECK(run.out.find("systemctl enable --now tandem.target") != std::string::npos);
  const Json json = Json::parse(run_lbctl({"init", "--join", "--output", file, "--json"}).out);
  CHECK(json["peer"]["name"] == "lb2");
  CHECK(json["files"][0]["mode"] == "0644");
  CHECK(json["files"][1]["path"] == key);

  std::filesystem::remove(key);
  const Run missing = run_lbctl({"init", "--join", "--config", file});
  CHECK(missing.exit_code == 1);
  CHECK(missing.err.find("the cluster key") != std::string::npos);
  CHECK(run_lbctl({"init", "--join", "--config", file, "--force"}).exit_code == 2);
}

TEST_CASE("names: from a file, one a line, only what a shell takes harmlessly") {
  const TemporaryDirectory directory;
  const std::string file = directory.file("tandem.json");
  REQUIRE(run_lbctl(init(file, {"--backend", "192.0.2.22:8080"})).exit_code == 0);
  CHECK(run_lbctl({"names", "backends", "--config", file}).out == "web/b1\nweb/b2\n");
  CHECK(run_lbctl({"names", "nodes", "--config", file}).out == "lb1\nlb2\n");
  CHECK(run_lbctl({"names", "vips", "--config", file}).out == "vip-1\n");
  CHECK(run_lbctl({"names", "groups", "--config", file, "--json"}).out == "{\n  \"groups\": [\n    \"web\"\n  ]\n}\n");
}
