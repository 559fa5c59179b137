// Collects the mistakes of one file while it is read and checked.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/config/document.hpp"
#include "common/config/load.hpp"
#include "common/config/place.hpp"

namespace tandem::config {

/// Keeps at most max_kept diagnostics and counts the rest, so that a hostile or wrong file
/// (a log instead of a config) cannot fill the memory.
class Diagnostics {
 public:
  static constexpr std::size_t max_kept = 1000;

  explicit Diagnostics(std::string_view file) : file_(file) {}

  void add(Position position, std::string_view path, std::string message, std::string hint = {});
  void add(const Place& place, std::string message, std::string hint = {}) {
    add(place.position(), place.path(), std::move(message), std::move(hint));
  }
  /// Something was reported elsewhere that explains a mistake at `path` (its key is misspelt).
  void suspect(std::string path) { paths_.insert(std::move(path)); }
  /// True if a mistake was found at exactly `path`, or is suspected there: what depends on this
  /// value is not checked, because it would only report the same mistake again.
  [[nodiscard]] bool reported(const std::string& path) const { return paths_.count(path) != 0; }
  [[nodiscard]] bool reported(const Place& place) const { return reported(place.path()); }
  [[nodiscard]] bool empty() const { return kept_.empty(); }
  /// So many mistakes that nobody reads them all: no need to search for a good hint.
  [[nodiscard]] bool crowded() const { return kept_.size() >= max_kept / 20; }
  /// All of them in document order; the object is empty afterwards.
  std::vector<Diagnostic> take();

 private:
  std::string file_;
  std::vector<Diagnostic> kept_;
  std::set<std::string> paths_;  // of kept_, and the suspected ones
  std::size_t dropped_ = 0;
};

/// `text` in double quotes for a message: control characters escaped, cut after 60 bytes.
std::string quote(std::string_view text);

}  // namespace tandem::config
