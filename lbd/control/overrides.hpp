// Drain, enable and weight: what operators change at run time, on this node or on the other.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/base/result.hpp"
#include "common/wire/replica.hpp"
#include "lbd/control/backend_board.hpp"

namespace tandem::lbd {

/// Control thread only. The board holds the state; this changes it and tells everybody.
class Overrides {
 public:
  struct Outputs {
    std::function<void(BackendId backend, const Availability& availability)> tell_workers;
    /// To the table "overrides", if there is a peer.
    std::function<void(const std::string& key, const std::string& value)> put;
    std::function<void(const std::string& key)> erase;
    /// For the event log.
    std::function<void(std::string_view event, const std::string& subject, const std::string& cause)> event;
  };
  Overrides(BackendBoard& board, Outputs outputs) : board_(board), outputs_(std::move(outputs)) {}

  /// The error says what does not exist.
  [[nodiscard]] Result<> drain(const std::string& group, const std::string& backend);
  [[nodiscard]] Result<> enable(const std::string& group, const std::string& backend);
  /// 0..1000. The configured weight removes the override.
  [[nodiscard]] Result<> weight(const std::string& group, const std::string& backend, std::uint32_t weight);

  /// A change of the table by the other node, or the table as it is delivered after a start.
  void entry(const wire::Entry& entry);

  /// Entries of the table that could not be understood.
  [[nodiscard]] std::uint64_t ignored() const { return ignored_; }

 private:
  template <class Edit>
  Result<> edit(const std::string& group, const std::string& backend, Edit edit);
  void apply(const std::string& group, const std::string& backend, const Override& override, const std::string& cause);

  BackendBoard& board_;
  Outputs outputs_;
  std::uint64_t ignored_ = 0;
};

}  // namespace tandem::lbd
