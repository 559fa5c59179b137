// Errors of the control path (config, control sockets, set-up): a value or an Error.
//
// The data path does not use this: it ends each session with one SessionEnd
// (lbd/core/session_end.hpp). Calling value() on an error is a bug and aborts.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "common/base/assert.hpp"

namespace tandem {

/// What went wrong, as a sentence for the operator: what was tried, on what, and the cause.
struct Error {
  std::string message;
};

/// Error with `: strerror(saved_errno)` appended.
Error errno_error(std::string what, int saved_errno);

/// Either a T or an Error. Converts implicitly from both. Must not be ignored.
template <class T = void>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { TANDEM_ASSERT(has_value()); return std::get<0>(state_); }
  const T& value() const& { TANDEM_ASSERT(has_value()); return std::get<0>(state_); }
  T&& value() && { TANDEM_ASSERT(has_value()); return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  [[nodiscard]] const Error& error() const { TANDEM_ASSERT(!has_value()); return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  [[nodiscard]] bool has_value() const { return !error_; }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] const Error& error() const { TANDEM_ASSERT(error_); return *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace tandem
