#include "vrrpd/io/maintenance.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <string_view>
#include <utility>

#include "common/io/unique_fd.hpp"

namespace tandem::vrrp {
namespace {

constexpr std::size_t longest_file = 512;

std::string in_utc(std::int64_t unix_s, const char* format) {
  const auto time = static_cast<std::time_t>(unix_s);
  std::tm parts{};
  std::array<char, 64> text{};
  if (::gmtime_r(&time, &parts) == nullptr) return {};
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

std::string plain(std::string reason) {
  reason.resize(std::min(reason.size(), longest_maintenance_reason));
  std::replace_if(reason.begin(), reason.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }, ' ');
  return reason;
}

// Two lines: the time, the reason.
MaintenanceStatus parse(std::string_view text) {
  MaintenanceStatus status{.on = true};
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::from_chars(text.data(), text.data() + end, status.since_s);
  if (end < text.size()) text.remove_prefix(end + 1);
  else text = {};
  status.reason = plain(std::string(text.substr(0, text.find('\n'))));
  return status;
}

Result<> write_file(const std::string& path, std::string_view text) {
  const io::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file) return errno_error("write " + path, errno);
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return errno_error("write " + path, errno);
  }
  return {};
}

}  // namespace

std::string utc_time(std::int64_t unix_s) { return unix_s == 0 ? std::string() : in_utc(unix_s, "%Y-%m-%dT%H:%M:%SZ"); }

std::string describe(const MaintenanceStatus& status) {
  if (!status.on) return "not in maintenance";
  std::string text = "in maintenance";
  if (status.since_s != 0) text += " since " + in_utc(status.since_s, "%Y-%m-%d %H:%M:%S UTC");
  return status.reason.empty() ? text : text + ": " + status.reason;
}

Maintenance::Maintenance(const std::string& run_dir) : file_(run_dir + "/vrrpd.maintenance") {
  const io::UniqueFd file(::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file && errno == ENOENT) return;
  std::array<char, longest_file> text{};
  const ssize_t size = file ? ::read(file.get(), text.data(), text.size()) : 0;
  status_ = parse({text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))});
}

Result<> Maintenance::enter(std::string reason) {
  MaintenanceStatus status{.on = true, .since_s = status_.since_s, .reason = plain(std::move(reason))};
  if (!status_.on) status.since_s = std::time(nullptr);
  // First beside it: a crash in between leaves the old file or the new one.
  const std::string draft = file_ + ".new";
  if (auto written = write_file(draft, fmt::format("{}\n{}\n", status.since_s, status.reason)); !written) return written;
  if (std::rename(draft.c_str(), file_.c_str()) != 0) return errno_error("write " + file_, errno);
  status_ = std::move(status);
  return {};
}

Result<> Maintenance::leave() {
  if (::unlink(file_.c_str()) != 0 && errno != ENOENT) return errno_error("remove " + file_, errno);
  status_ = {};
  return {};
}

}  // namespace tandem::vrrp
