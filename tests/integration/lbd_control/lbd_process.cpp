#include "tests/integration/lbd_control/lbd_process.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "common/io/http_client.hpp"

namespace tandem::lbd::test {

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto give_up = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

LbdProcess::LbdProcess(const std::string& config) {
  std::string name = (std::filesystem::temp_directory_path() / "tandem-lbd-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  directory_ = name;
  write_config(config);
}

LbdProcess::~LbdProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void LbdProcess::write_config(const std::string& config) const { std::ofstream(file("tandem.json")) << config; }

void LbdProcess::start() {
  const std::string config = file("tandem.json");
  const std::string log = file("log");
  pid_ = ::fork();
  if (pid_ != 0) return;
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(out, STDERR_FILENO);
  ::execl(LBD_BINARY, "lbd", "--config", config.c_str(), "--run-dir", directory_.c_str(), "--node", "lb1",
          static_cast<char*>(nullptr));
  ::_exit(127);
}

bool LbdProcess::start_and_wait() {
  start();
  const bool ready =
      eventually([this] { return call("GET", "/v1/status").body.find(R"("ready":true)") != std::string::npos; });
  if (!ready) std::fputs(log().c_str(), stderr);
  return ready;
}

void LbdProcess::signal(int number) const { ::kill(pid_, number); }

int LbdProcess::wait_exit(std::chrono::milliseconds limit) {
  int status = 0;
  if (!eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }, limit)) return -1;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

io::HttpResponse LbdProcess::call(const std::string& method, const std::string& path, const std::string& body) const {
  auto response = io::http_call(file("lbd.sock"), method, path, body);
  if (!response) return {0, response.error().message};
  return *response;
}

std::string LbdProcess::log() const {
  std::ifstream stream(file("log"));
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace tandem::lbd::test
