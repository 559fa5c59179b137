// The engine that a test program runs with: TANDEM_TEST_ENGINE=epoll (the default) or io_uring, see
// tandem_test(… ENGINES) in cmake/TandemTargets.cmake.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/config/model.hpp"
#include "lbd/engine/loop.hpp"

namespace tandem::test {

/// Ends the program as skipped (77) if that engine cannot be had here.
inline config::Engine engine_under_test() {
  const char* const wanted = std::getenv("TANDEM_TEST_ENGINE");
  if (wanted == nullptr || std::string_view(wanted) != "io_uring") return config::Engine::epoll;
  lbd::Loop loop;
  std::string refusal;
  if (!loop.use_io_uring(false, refusal)) {
    std::printf("SKIPPED: %s\n", refusal.c_str());
    std::fflush(stdout);
    std::_Exit(77);
  }
  return config::Engine::io_uring;
}

/// A loop with that engine.
class TestLoop : public lbd::Loop {
 public:
  TestLoop() {
    std::string refusal;
    if (engine_under_test() == config::Engine::io_uring) use_io_uring(false, refusal);
  }
};

}  // namespace tandem::test
