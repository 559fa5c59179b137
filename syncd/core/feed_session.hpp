// syncd's side of the local feed, one per connected client.
//
// Pure. The client says hello, feeds back what it holds, then writes; it is told everything in the store once, then
// snapshot_end, then what changes. What waits for a slow client is a position in the store, not a queue.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "syncd/core/shared.hpp"

namespace tandem::sync {

class FeedSession {
 public:
  /// `origin` is this session's own, never reused while entries may carry it.
  FeedSession(Shared& shared, replica::Origin origin) : shared_(shared), origin_(origin) {}

  /// Takes one message. After an error (a sentence) call produce() once more, send it and close.
  Result<> receive(const wire::Message& message, TimePoint now);
  /// Appends frames to send, stopping once `out` has grown by about `budget` bytes; nothing: nothing to send.
  void produce(std::vector<std::uint8_t>& out, std::size_t budget, TimePoint now);
  /// False while so many results wait to be sent that no more should be read from the client.
  [[nodiscard]] bool wants_input() const { return results_.size() < most_results_waiting; }
  /// The client's name; empty before its hello.
  [[nodiscard]] const std::string& client() const { return client_; }

 private:
  static constexpr std::size_t most_results_waiting = 20'000;

  Result<> welcome(const wire::Hello& hello);
  Result<> refuse(std::string reason);
  void store(const wire::Put& put, TimePoint now);
  void produce_results(std::vector<std::uint8_t>& out);
  bool produce_entries(std::vector<std::uint8_t>& out, TimePoint now);

  Shared& shared_;
  replica::Origin origin_;
  std::string client_;
  std::string only_table_;                 // that the client wants to hear of; empty: all
  std::string refusal_;                    // to be sent
  bool hello_due_ = false;
  bool snapshot_sent_ = false;
  std::deque<wire::PutResult> results_;    // to be sent
  std::uint64_t told_ = 0;                 // the client has been sent everything up to this change
  std::uint64_t number_ = 0;               // of the last Entries frame
};

}  // namespace tandem::sync
