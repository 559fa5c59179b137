// tandem-bench-adverts: nanoseconds per advert written and per advert judged, with and without authentication, by number
// of addresses. The system calls around it are not in it. Prints JSON.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <vector>

#include "vrrpd/io/advert_seal.hpp"

namespace {

using namespace tandem;        // NOLINT: benchmark
using namespace tandem::vrrp;  // NOLINT: benchmark

constexpr std::size_t adverts = 100'000;
constexpr std::size_t repetitions = 5;

struct Figures {
  double write = 0;
  double judge = 0;
};

double nanoseconds_each(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count() / static_cast<double>(adverts);
}

std::optional<AdvertKeys> keys(bool authenticated, const char* self, const char* peer) {
  return authenticated ? std::optional(advert_keys(crypto::Key{}, self, peer).value()) : std::nullopt;
}

Figures run(bool authenticated, const std::vector<Prefix>& addresses, std::size_t& refused) {
  Stamps sender;
  Stamps receiver;
  sender.start(1, {});
  receiver.start(1, {});
  AdvertSeal sender_seal(sender);
  AdvertSeal receiver_seal(receiver);
  AdvertGate out(sender_seal, keys(authenticated, "lb1", "lb2"));
  AdvertGate in(receiver_seal, keys(authenticated, "lb2", "lb1"));
  const Outgoing advert{.vrid = 51, .priority = 253, .interval = std::chrono::milliseconds(100),
                        .source = IpAddress::v4({192, 0, 2, 11}), .destination = multicast_group(false)};
  std::vector<std::array<std::uint8_t, max_advert_bytes>> messages(adverts);
  std::size_t length = 0;
  Figures figures;
  auto begin = std::chrono::steady_clock::now();
  for (auto& message : messages) length = out.write(advert, addresses, message);
  figures.write = nanoseconds_each(begin);
  begin = std::chrono::steady_clock::now();
  for (const auto& message : messages) {
    const Decoded decoded = decode(Datagram{.source = advert.source, .destination = advert.destination, .ttl = required_ttl,
                                            .message = {message.data(), length}});
    refused += decoded.drop != Drop::none || in.check(decoded.advert, TimePoint{}) != Drop::none;
  }
  figures.judge = nanoseconds_each(begin);
  return figures;
}

double median(std::array<double, repetitions> values) {
  std::sort(values.begin(), values.end());
  return values[repetitions / 2];
}

}  // namespace

int main() {
  std::size_t refused = 0;
  const char* separator = "[";
  for (const std::size_t count : {std::size_t{1}, max_addresses}) {
    const std::vector<Prefix> addresses(count, Prefix{IpAddress::v4({192, 0, 2, 100}), 24});
    for (const bool authenticated : {false, true}) {
      std::array<double, repetitions> write{};
      std::array<double, repetitions> judge{};
      for (std::size_t i = 0; i < repetitions; ++i) {
        const Figures figures = run(authenticated, addresses, refused);
        write[i] = figures.write;
        judge[i] = figures.judge;
      }
      std::printf("%s{\"addresses\": %zu, \"authenticated\": %s, \"write_ns\": %.0f, \"judge_ns\": %.0f}", separator, count,
                  authenticated ? "true" : "false", median(write), median(judge));
      separator = ",\n ";
    }
  }
  std::printf("]\n");
  return refused == 0 ? 0 : 1;
}
