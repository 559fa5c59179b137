#include "common/config/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace tandem::config {
namespace {

/// For one line of a terminal or log: control characters escaped, cut after `longest` bytes.
std::string printable(std::string_view text, std::size_t longest) {
  std::string result;
  for (const char c : text.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  if (text.size() > longest) result += "...";
  return result;
}

}  // namespace

std::string Diagnostic::to_string() const {
  std::string text = fmt::format("{}:{}:{}: ", file, line, column);
  if (!path.empty()) text += path + ": ";
  text += message;
  if (!hint.empty()) text += " (" + hint + ")";
  return text;
}

void Diagnostics::add(Position position, std::string_view path, std::string message,
                      std::string hint) {
  if (kept_.size() == max_kept) {
    ++dropped_;
    return;
  }
  paths_.emplace(path);
  constexpr std::size_t longest_path = 200;
  kept_.push_back({file_, position.line, position.column, printable(path, longest_path),
                   std::move(message), std::move(hint)});
}

std::vector<Diagnostic> Diagnostics::take() {
  std::stable_sort(kept_.begin(), kept_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  if (dropped_ > 0) {
    const Diagnostic& last = kept_.back();
    kept_.push_back({file_, last.line, last.column, "",
                     fmt::format("and {} more mistakes, which are not shown", dropped_), ""});
  }
  paths_.clear();
  dropped_ = 0;
  return std::exchange(kept_, {});
}

std::string quote(std::string_view text) {
  constexpr std::size_t longest = 60;
  return '"' + printable(text, longest) + '"';
}

}  // namespace tandem::config
