// What vrrpd asks its spawner process to do, and what it hears of it: one message each on a SOCK_SEQPACKET pair.
//
// Both ends are the same program of the same start, so that the messages need no version; a broken one is an error all
// the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.hpp"

namespace tandem::vrrp {

struct Job {
  enum class Kind : std::uint8_t {
    program,  // `words` is a program and its arguments
    file,     // `words` is one path; ends with 0 if it exists
  };
  std::uint64_t id = 0;
  Kind kind = Kind::program;
  Duration timeout{};                    // then it and its process group are killed
  std::vector<std::string> words;        // at least one
  std::vector<std::string> environment;  // NAME=value; nothing else is in it
};

struct JobOutcome {
  enum class End : std::uint8_t { exited, killed, timed_out, not_started };
  std::uint64_t id = 0;
  End end = End::exited;
  int value = 0;     // exit code, or signal
  std::string said{};  // the first line on its standard error, or why it was not started; at most longest_said bytes
  bool operator==(const JobOutcome&) const = default;

  [[nodiscard]] bool good() const { return end == End::exited && value == 0; }
};

inline constexpr std::size_t longest_said = 160;
/// Of either message.
inline constexpr std::size_t longest_message = 64 * 1024;

/// nullopt: longer than longest_message.
std::optional<std::string> encode(const Job& job);
std::string encode(const JobOutcome& outcome);
/// nullopt: not such a message.
std::optional<Job> decode_job(std::string_view message);
std::optional<JobOutcome> decode_outcome(std::string_view message);

/// What a program said, as one line for a message: the first one, without control bytes, shortened.
std::string first_line(std::string_view text);
/// "ended with code 3: no route", "did not end in time", …; empty if it is good.
std::string describe(const JobOutcome& outcome);

}  // namespace tandem::vrrp
