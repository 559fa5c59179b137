// Header edits of a listener, compiled once per snapshot so that a request without edits pays one test.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/config/model.hpp"
#include "lbd/core/http1/head.hpp"

namespace tandem::lbd::http1 {

/// Immutable after compile(); shared by all requests of a listener.
class CompiledEdits {
 public:
  CompiledEdits() = default;

  /// Fails on a name that is no token, on a value with control characters, and on fields that belong
  /// to the proxy: framing and hop-by-hop ones always, Host except for "set" in requests.
  static Result<CompiledEdits> compile(const config::HeaderEdits& edits);

  [[nodiscard]] bool empty() const {
    return lines_.empty() && removals_.empty() && removed_ids_.empty();
  }
  /// True if lines with this name go (named by "remove" or "set").
  [[nodiscard]] bool removes(FieldId id, std::string_view name) const noexcept {
    if (id != FieldId::other) return removed_ids_.has(id);
    return !removals_.empty() && removes_other(name);
  }
  /// Recognised fields that go; our own lines of these names are left out as well.
  [[nodiscard]] FieldSet removed_ids() const { return removed_ids_; }
  [[nodiscard]] bool has_other_removals() const { return !removals_.empty(); }
  /// The lines of "set" and "add", ready to send: "Name: value\r\n" each.
  [[nodiscard]] std::string_view lines() const { return lines_; }
  /// "set" holds a Host line.
  [[nodiscard]] bool sets_host() const { return removed_ids_.has(FieldId::host); }

 private:
  [[nodiscard]] bool removes_other(std::string_view name) const noexcept;

  FieldSet removed_ids_;
  std::vector<std::string> removals_;  // unrecognised names, in lower case
  std::string lines_;
};

}  // namespace tandem::lbd::http1
