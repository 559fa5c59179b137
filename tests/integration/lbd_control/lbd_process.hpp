// The real lbd as a child process with a directory of its own, for end-to-end tests.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>

#include "common/io/http_message.hpp"

namespace tandem::lbd::test {

/// True once `condition` holds; false if it does not within `limit`.
bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit = std::chrono::seconds(5));

class LbdProcess {
 public:
  /// Writes `config` to DIR/tandem.json; starts nothing.
  explicit LbdProcess(const std::string& config);
  /// Kills what still runs and removes the directory.
  ~LbdProcess();
  LbdProcess(const LbdProcess&) = delete;
  LbdProcess& operator=(const LbdProcess&) = delete;

  void write_config(const std::string& config) const;
  void start();
  /// Starts it and waits until it says that it is ready.
  bool start_and_wait();
  void signal(int number) const;
  /// The exit status once it has ended (128 + signal if one killed it); -1 if it does not within `limit`.
  int wait_exit(std::chrono::milliseconds limit = std::chrono::seconds(5));

  /// One call on its control socket; status 0 if there is no answer.
  [[nodiscard]] io::HttpResponse call(const std::string& method, const std::string& path,
                                      const std::string& body = {}) const;
  /// What it wrote to stderr so far.
  [[nodiscard]] std::string log() const;
  [[nodiscard]] std::string file(const std::string& name) const { return directory_ + "/" + name; }

 private:
  std::string directory_;
  pid_t pid_ = -1;
};

}  // namespace tandem::lbd::test
