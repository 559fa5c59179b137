// tandem-bench-pick: nanoseconds per choice of a backend, by algorithm and number of backends. Prints JSON.
//
// Every pick is followed by what the proxy does around it: the load of the chosen backend changes, and
// that of one chosen some time ago.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <vector>

#include "common/config/names.hpp"
#include "lbd/core/balance/balancer.hpp"

namespace {

using tandem::config::Algorithm;
using tandem::lbd::BackendView;
using tandem::lbd::Balancer;
using tandem::lbd::Rng;

constexpr int picks = 200'000;
constexpr int repetitions = 5;

/// Median of some repetitions.
double nanoseconds_per_pick(Algorithm algorithm, std::size_t backends) {
  std::vector<BackendView> views(backends);
  for (std::size_t i = 0; i < backends; ++i) views[i].weight = 1 + static_cast<std::uint32_t>(i % 3);
  Balancer balancer(algorithm, 7);
  balancer.rebuild(views);
  Rng rng(42);
  std::vector<std::uint32_t> in_flight(256, Balancer::none);
  std::array<double, repetitions> figures{};
  for (double& figure : figures) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < picks; ++i) {
      std::uint32_t& slot = in_flight[static_cast<std::size_t>(i) % in_flight.size()];
      if (slot != Balancer::none) {
        --views[slot].active;
        balancer.active_changed(slot);
      }
      slot = balancer.pick(rng);
      ++views[slot].active;
      balancer.active_changed(slot);
    }
    figure = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count() / picks;
  }
  std::sort(figures.begin(), figures.end());
  return figures[repetitions / 2];
}

}  // namespace

int main() {
  constexpr std::array algorithms = {Algorithm::p2c, Algorithm::round_robin, Algorithm::least_connections, Algorithm::random};
  constexpr std::array<std::size_t, 4> sizes = {10, 100, 1'000, 10'000};
  std::printf("{");
  const char* comma = "";
  for (const Algorithm algorithm : algorithms) {
    std::printf("%s\"%s\": {", comma, std::string(tandem::config::name_of(algorithm)).c_str());
    comma = "";
    for (const std::size_t size : sizes) {
      std::printf("%s\"%zu\": %.1f", comma, size, nanoseconds_per_pick(algorithm, size));
      comma = ", ";
    }
    std::printf("}");
  }
  std::printf("}\n");
}
