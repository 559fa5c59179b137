// Reading what a session sends, in tests.
#pragma once

#include <doctest/doctest.h>

#include <vector>

#include "syncd/core/shared.hpp"

namespace tandem::sync::test {

inline constexpr TimePoint start{std::chrono::seconds(1000)};

template <class Session>
std::vector<wire::Message> sent(Session& session, TimePoint now, std::size_t budget = 1 << 20) {
  std::vector<std::uint8_t> bytes;
  session.produce(bytes, budget, now);
  wire::Decoder decoder;
  decoder.append(bytes);
  std::vector<wire::Message> messages;
  while (auto message = decoder.next()) messages.push_back(std::move(*message));
  REQUIRE(decoder.error() == wire::DecodeError::none);
  return messages;
}

/// The messages of one type.
template <class Type>
std::vector<Type> only(const std::vector<wire::Message>& messages) {
  std::vector<Type> result;
  for (const wire::Message& message : messages) {
    if (const auto* one = std::get_if<Type>(&message)) result.push_back(*one);
  }
  return result;
}

inline wire::Entry entry(const std::string& key, const std::string& value, wire::Version version) {
  wire::Entry result;
  result.table = "sticky";
  result.key = key;
  result.value = value;
  result.version = std::move(version);
  return result;
}

inline Shared make_shared_state(replica::StoreLimits limits = {}) {
  return Shared(Identity{"edge", "lb1", "lb2", 11}, 100, limits, Timing{});
}

}  // namespace tandem::sync::test
