#include "tests/integration/syncd/pair_fixture.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/io/clock.hpp"
#include "common/io/http_client.hpp"

namespace tandem::sync::test {
namespace {

/// Enters a network namespace once per test program.
bool enter_namespace() {
  if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  return shell("ip link set lo up && for a in 192.0.2.11 192.0.2.12 198.51.100.1 198.51.100.2; "
               "do ip addr add $a/32 dev lo || exit 1; done");
}

const char* name_of(std::size_t node) { return node == 0 ? "lb1" : "lb2"; }

}  // namespace

bool shell(const std::string& command) {
  const int status = std::system(command.c_str());
  return status == 0;
}

Pair::Pair() {
  static const bool inside = enter_namespace();
  REQUIRE_MESSAGE(inside, "cannot make a network namespace: run as root, or allow user namespaces");
  char name[] = "/tmp/tandem-syncd-XXXXXX";
  REQUIRE(::mkdtemp(name) != nullptr);
  directory_ = name;
  for (std::size_t node = 0; node < 2; ++node) {
    ::mkdir(run_dir(node).c_str(), 0755);
    write_config(node, good_key);
  }
}

Pair::~Pair() {
  for (std::size_t node = 0; node < 2; ++node) {
    end_client(node);
    if (syncds_[node] > 0) end_syncd(node, SIGKILL);
  }
  std::filesystem::remove_all(directory_);
}

std::string Pair::run_dir(std::size_t node) const { return directory_ + "/" + name_of(node); }

void Pair::write_config(std::size_t node, const std::string& key_hex) const {
  const std::string base = directory_ + "/" + name_of(node);
  std::ofstream(base + ".key") << key_hex << "\n";
  ::chmod((base + ".key").c_str(), 0600);
  std::ofstream(base + ".json") << R"({ "version": 1, "cluster": { "name": "edge", "nodes": [
    { "name": "lb1", "address": "192.0.2.11", "sync_address": "198.51.100.1" },
    { "name": "lb2", "address": "192.0.2.12", "sync_address": "198.51.100.2" } ],
    "sync": { "port": 5405, "key_file": ")" << base << R"(.key" } } })";
}

void Pair::start_syncd(std::size_t node) {
  const std::string base = directory_ + "/" + name_of(node);
  const std::string config = base + ".json";
  const std::string log = base + ".log";
  const std::string directory = run_dir(node);
  std::array<const char*, 8> arguments = {TANDEM_SYNCD, "--config", config.c_str(), "--node", name_of(node),
                                          "--run-dir", directory.c_str(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int failed = ::posix_spawn(&syncds_[node], TANDEM_SYNCD, &actions, nullptr,
                                   const_cast<char* const*>(arguments.data()), environ);
  posix_spawn_file_actions_destroy(&actions);
  REQUIRE(failed == 0);
}

void Pair::signal_syncd(std::size_t node, int signal) const { ::kill(syncds_[node], signal); }

int Pair::end_syncd(std::size_t node, int signal) {
  signal_syncd(node, signal);
  int status = 0;
  ::waitpid(syncds_[node], &status, 0);
  syncds_[node] = -1;
  return status;
}

void Pair::start_client(std::size_t node) {
  Client& client = clients_[node];
  client.view.clear();
  replica::ReplicaClient::Handlers handlers;
  handlers.on_entry = [&client](const wire::Entry& entry) {
    ++client.announcements;
    if (entry.deleted) client.view.erase(entry.key); else client.view[entry.key] = entry.value;
    if (client.on_entry) client.on_entry(entry);
  };
  handlers.on_in_sync = [&client] { ++client.snapshots; };
  client.feed = std::make_unique<replica::ReplicaClient>(io_, run_dir(node) + "/syncd-feed.sock",
                                                         std::string("client-") + name_of(node), std::move(handlers));
  client.feed->start();
}

bool Pair::run_until(const std::function<bool()>& condition, Duration limit) {
  const TimePoint end = io::now() + limit;
  while (!condition()) {
    if (io::now() >= end) return false;
    if (io_.stopped()) io_.restart();
    io_.run_one_for(std::chrono::milliseconds(5));
  }
  return true;
}

void Pair::run_for(Duration time) {
  run_until([] { return false; }, time);
}

std::string Pair::status(std::size_t node) const {
  const auto response = io::http_call(run_dir(node) + "/syncd.sock", "GET", "/v1/status");
  return response ? response->body : "";
}

bool Pair::wait_in_sync() {
  return run_until([this] {
    return status_has(0, "\"in_sync_reason\":\"repaired with lb2\"") &&
           status_has(1, "\"in_sync_reason\":\"repaired with lb1\"");
  });
}

std::string Pair::log_of(std::size_t node) const {
  std::ifstream file(directory_ + "/" + name_of(node) + ".log");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace tandem::sync::test
