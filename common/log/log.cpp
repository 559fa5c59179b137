#include "common/log/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace tandem::log {
namespace {

std::atomic<Level> threshold{Level::info};
std::atomic<bool> to_journal{false};

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warning: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

// sd-daemon(3) priorities, as syslog numbers.
const char* journal_prefix(Level level) {
  switch (level) {
    case Level::debug: return "<7>";
    case Level::info: return "<6>";
    case Level::warning: return "<4>";
    case Level::error: return "<3>";
  }
  return "<6>";
}

// The journal makes a message of each line, so each one needs its priority.
std::string with_priority(Level level, std::string_view text, bool journal) {
  if (!journal) return std::string(text);
  const std::string_view prefix = journal_prefix(level);
  std::string lines(prefix);
  for (std::size_t i = 0; i < text.size(); ++i) {
    lines += text[i];
    if (text[i] == '\n' && i + 1 < text.size()) lines += prefix;
  }
  return lines;
}

}  // namespace

bool stderr_is_journal() noexcept {
  // "DEVICE:INODE" of the stream that the manager made; a shell under a service inherits the variable, too.
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  unsigned long long device = 0;
  unsigned long long inode = 0;
  return std::sscanf(stream, "%llu:%llu", &device, &inode) == 2 && device == status.st_dev && inode == status.st_ino;
}

void complain(std::string_view text) {
  std::string lines = with_priority(Level::error, text, stderr_is_journal());
  if (lines.empty() || lines.back() != '\n') lines += '\n';
  std::fwrite(lines.data(), 1, lines.size(), stderr);
}

std::optional<Level> parse_level(std::string_view text) {
  if (text == "debug") return Level::debug;
  if (text == "info") return Level::info;
  if (text == "warning") return Level::warning;
  if (text == "error") return Level::error;
  return std::nullopt;
}

void init(std::string_view program, Level level) {
  threshold = level;
  to_journal = stderr_is_journal();
  auto logger = std::make_shared<spdlog::logger>(std::string(program),
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(spdlog::level::trace);
  logger->set_pattern(to_journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%e%z %n[%P] %l: %v");
  logger->flush_on(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
}

bool enabled(Level level) noexcept { return level >= threshold.load(std::memory_order_relaxed); }

void vwrite(Level level, fmt::string_view format, fmt::format_args args) {
  const std::string line = with_priority(level, fmt::vformat(format, args), to_journal);
  spdlog::default_logger_raw()->log(to_spdlog(level), spdlog::string_view_t(line));
}

}  // namespace tandem::log
