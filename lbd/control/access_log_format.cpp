#include "lbd/control/access_log_format.hpp"

#include <chrono>
#include <ctime>
#include <iterator>

#include <fmt/core.h>

namespace tandem::lbd {
namespace {

long long microseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

void append_time(Duration since_1970, std::string& out) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_1970);
  const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(since_1970 - seconds).count();
  const std::time_t count = seconds.count();
  std::tm date{};
  ::gmtime_r(&count, &date);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", date.tm_year + 1900,
                 date.tm_mon + 1, date.tm_mday, date.tm_hour, date.tm_min, date.tm_sec, rest);
}

template <std::size_t Capacity>
void append_text(std::string_view name, const CutText<Capacity>& text, std::string& out) {
  if (text.size == 0) return;
  fmt::format_to(std::back_inserter(out), R"(,"{}":")", name);
  append_escaped({text.data.data(), std::min<std::size_t>(text.size, Capacity)}, out);
  out += '"';
  if (text.cut) fmt::format_to(std::back_inserter(out), R"(,"{}_cut":true)", name);
}

void append_names(const AccessRecord& record, const NameTable& names, std::string& out) {
  const auto listener = static_cast<std::size_t>(record.listener);
  if (listener < names.listeners.size()) {
    out += R"(,"listener":")";
    append_escaped(names.listeners[listener], out);
    out += '"';
  }
  const auto backend = static_cast<std::size_t>(record.backend);
  if (!record.has_backend || backend >= names.backends.size()) return;
  out += R"(,"target_group":")";
  append_escaped(names.backends[backend].group, out);
  out += R"(","backend":")";
  append_escaped(names.backends[backend].backend, out);
  fmt::format_to(std::back_inserter(out), R"(","backend_reused":{})", record.reused_backend_connection);
}

}  // namespace

void append_escaped(std::string_view bytes, std::string& out) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
}

void format_access_line(const AccessRecord& record, const NameTable& names, Duration to_unix, std::string& out) {
  out += R"({"time":")";
  append_time(record.started.time_since_epoch() + to_unix, out);
  fmt::format_to(std::back_inserter(out), R"(","client":"{}")", record.client.to_string());
  append_names(record, names, out);
  append_text("method", record.method, out);
  append_text("host", record.host, out);
  append_text("target", record.target, out);
  fmt::format_to(std::back_inserter(out),
                 R"(,"status":{},"end":"{}","bytes_received":{},"bytes_sent":{},"head_us":{},"connect_us":{},)"
                 R"("first_byte_us":{},"total_us":{},"retries":{},"sticky":{}}})",
                 record.status, info(record.end).name, record.bytes_received, record.bytes_sent,
                 microseconds(record.head), microseconds(record.queue_and_connect), microseconds(record.first_byte),
                 microseconds(record.total), record.retries, record.sticky);
  out += '\n';
}

}  // namespace tandem::lbd
