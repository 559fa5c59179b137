#include "vrrpd/io/maintenance.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace tandem::vrrp {
namespace {

class RunDir {
 public:
  RunDir() {
    std::string pattern = std::filesystem::temp_directory_path() / "tandem-XXXXXX";
    path = ::mkdtemp(pattern.data());
  }
  ~RunDir() { std::filesystem::remove_all(path); }
  [[nodiscard]] std::string file() const { return path + "/vrrpd.maintenance"; }
  std::string path;
};

TEST_CASE("maintenance: survives a restart, and ends") {
  const RunDir dir;
  Maintenance first(dir.path);
  CHECK_FALSE(first.status().on);
  CHECK(describe(first.status()) == "not in maintenance");
  REQUIRE(first.enter("new switch"));
  CHECK(first.status().since_s > 1'700'000'000);

  Maintenance restarted(dir.path);
  CHECK(restarted.status() == first.status());
  REQUIRE(restarted.enter("still the switch"));
  CHECK(restarted.status().since_s == first.status().since_s);
  CHECK(Maintenance(dir.path).status().reason == "still the switch");

  REQUIRE(restarted.leave());
  CHECK_FALSE(Maintenance(dir.path).status().on);
  CHECK(restarted.leave());
}

TEST_CASE("maintenance: any file counts, whatever stands in it") {
  const RunDir dir;
  for (const char* text : {"", "\n", "nonsense", "99999999999999999999\nx", "1764000000"}) {
    CAPTURE(text);
    std::ofstream(dir.file(), std::ios::trunc) << text;
    CHECK(Maintenance(dir.path).status().on);
  }
  CHECK(Maintenance(dir.path).status().since_s == 1'764'000'000);
  std::filesystem::remove(dir.file());
  std::filesystem::create_directory(dir.file());
  CHECK(Maintenance(dir.path).status().on);
}

TEST_CASE("maintenance: a reason is one line of bounded length") {
  const RunDir dir;
  Maintenance maintenance(dir.path);
  REQUIRE(maintenance.enter("a\nb\x1b[2J" + std::string(1000, 'x')));
  CHECK(maintenance.status().reason.size() == longest_maintenance_reason);
  CHECK(maintenance.status().reason.starts_with("a b [2Jx"));
  CHECK(Maintenance(dir.path).status() == maintenance.status());
}

TEST_CASE("maintenance: without its file there is none") {
  Maintenance maintenance("/nowhere/at/all");
  CHECK_FALSE(maintenance.enter("x"));
  CHECK_FALSE(maintenance.status().on);
}

TEST_CASE("maintenance: as people read it") {
  CHECK(describe({.on = true, .since_s = 1'764'000'000, .reason = "disk"}) ==
        "in maintenance since 2025-11-24 16:00:00 UTC: disk");
  CHECK(describe({.on = true}) == "in maintenance");
  CHECK(utc_time(1'764'000'000) == "2025-11-24T16:00:00Z");
  CHECK(utc_time(0).empty());
}

}  // namespace
}  // namespace tandem::vrrp
