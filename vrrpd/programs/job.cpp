#include "vrrpd/programs/job.hpp"

#include <algorithm>
#include <cstring>

namespace tandem::vrrp {
namespace {

struct JobHead {
  std::uint64_t id;
  std::int64_t timeout_ns;
  std::uint32_t words;
  std::uint32_t variables;
  std::uint32_t kind;
  std::uint32_t reserved;
};

struct OutcomeHead {
  std::uint64_t id;
  std::int32_t value;
  std::uint32_t end;
};

template <class Head>
std::string bytes_of(const Head& head) {
  std::string bytes(sizeof(Head), '\0');
  std::memcpy(bytes.data(), &head, sizeof(Head));
  return bytes;
}

template <class Head>
bool take_head(std::string_view& message, Head& head) {
  if (message.size() < sizeof(Head)) return false;
  std::memcpy(&head, message.data(), sizeof(Head));
  message.remove_prefix(sizeof(Head));
  return true;
}

// `count` texts, each ended by a zero byte.
bool take_texts(std::string_view& message, std::uint32_t count, std::vector<std::string>& out) {
  for (; count > 0; --count) {
    const std::size_t end = message.find('\0');
    if (end == std::string_view::npos) return false;
    out.emplace_back(message.substr(0, end));
    message.remove_prefix(end + 1);
  }
  return true;
}

}  // namespace

std::optional<std::string> encode(const Job& job) {
  std::string out = bytes_of(JobHead{.id = job.id,
                                     .timeout_ns = job.timeout.count(),
                                     .words = static_cast<std::uint32_t>(job.words.size()),
                                     .variables = static_cast<std::uint32_t>(job.environment.size()),
                                     .kind = static_cast<std::uint32_t>(job.kind),
                                     .reserved = 0});
  for (const auto* texts : {&job.words, &job.environment}) {
    for (const std::string& text : *texts) {
      out += text.substr(0, text.find('\0'));
      out += '\0';
    }
  }
  if (out.size() > longest_message) return std::nullopt;
  return out;
}

std::string encode(const JobOutcome& outcome) {
  return bytes_of(OutcomeHead{.id = outcome.id, .value = outcome.value, .end = static_cast<std::uint32_t>(outcome.end)}) +
         outcome.said.substr(0, longest_said);
}

std::optional<Job> decode_job(std::string_view message) {
  JobHead head{};
  if (!take_head(message, head) || head.words == 0 || head.timeout_ns <= 0) return std::nullopt;
  if (head.kind > static_cast<std::uint32_t>(Job::Kind::file)) return std::nullopt;
  Job job{.id = head.id, .kind = static_cast<Job::Kind>(head.kind), .timeout = Duration(head.timeout_ns), .words = {},
          .environment = {}};
  if (!take_texts(message, head.words, job.words) || !take_texts(message, head.variables, job.environment)) {
    return std::nullopt;
  }
  return message.empty() ? std::optional(std::move(job)) : std::nullopt;
}

std::optional<JobOutcome> decode_outcome(std::string_view message) {
  OutcomeHead head{};
  if (!take_head(message, head) || head.end > static_cast<std::uint32_t>(JobOutcome::End::not_started)) {
    return std::nullopt;
  }
  return JobOutcome{.id = head.id, .end = static_cast<JobOutcome::End>(head.end), .value = head.value,
                    .said = std::string(message.substr(0, longest_said))};
}

std::string first_line(std::string_view text) {
  std::string line(text.substr(0, std::min(text.find('\n'), longest_said)));
  std::replace_if(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return line;
}

std::string describe(const JobOutcome& outcome) {
  if (outcome.good()) return {};
  std::string text;
  switch (outcome.end) {
    case JobOutcome::End::exited: text = "ended with code " + std::to_string(outcome.value); break;
    case JobOutcome::End::killed: text = "was killed by signal " + std::to_string(outcome.value); break;
    case JobOutcome::End::timed_out: text = "did not end in time and was killed"; break;
    case JobOutcome::End::not_started: text = "was not started"; break;
  }
  return outcome.said.empty() ? text : text + ": " + outcome.said;
}

}  // namespace tandem::vrrp
