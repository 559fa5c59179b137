// A lifeline: by it other processes learn at once that this one has died.
//
// What is usually watched comes late. A process that dies lets go of its memory, its rings and its files first: a packet
// socket takes the kernel 10 ms and more, thousands of connections tens of milliseconds, a core dump seconds, and only
// then a pidfd is readable. Before all that the kernel marks what the thread holds of robust futexes (see
// get_robust_list(2)). A lifeline is one such futex, a word of shared memory, held for life. A crash (SIGSEGV, SIGABRT, …)
// cuts it too, before the core dump.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "common/base/result.hpp"
#include "common/io/unique_fd.hpp"

namespace tandem::io {

class Lifeline {
 public:
  /// In memory, for a process and the children that it forks.
  static Result<Lifeline> in_memory();
  /// In a new file `path` of mode 0640, in place of an older one; the destructor removes it. The directory should be
  /// in memory (/run), or the file system is asked for a page when this process dies.
  static Result<Lifeline> in_file(const std::string& path);

  Lifeline(Lifeline&& other) noexcept;
  Lifeline& operator=(Lifeline&&) = delete;
  /// Ends the line if it is held: watchers are told. Best in the thread that holds it; in another one it leaves some
  /// bytes behind, which the kernel may still look at.
  ~Lifeline();

  /// From now on the line ends with the calling thread, which should live as long as its process and must not hold
  /// another line or a robust mutex. Call once. A crash of any thread ends the line that was held last in the process.
  Result<> hold();

  /// For watchers; reading is enough for them.
  [[nodiscard]] const UniqueFd& fd() const { return fd_; }

 private:
  struct Grip;

  static Result<Lifeline> on(UniqueFd fd, const std::string& path);
  Lifeline(UniqueFd fd, std::atomic<std::uint32_t>* word, std::string path);

  UniqueFd fd_;
  std::atomic<std::uint32_t>* word_;  // a mapping of its own
  std::string path_;                  // of the file to remove; empty: none
  Grip* grip_ = nullptr;              // while it is held: what the kernel reads when the thread dies
};

/// Waits for the end of a line in a thread of its own, which inherits the scheduling of its creator and takes no signals.
class LifelineWatch {
 public:
  /// `line` is Lifeline::fd(); it is duplicated. The line may still be to be held.
  static Result<LifelineWatch> on(const UniqueFd& line);
  /// Errors: there is no such file, or it is none of a lifeline. Nothing that the other process does to it later harms
  /// this one; it may only be that its end is never seen.
  static Result<LifelineWatch> on_file(const std::string& path);

  LifelineWatch(LifelineWatch&&) = default;
  LifelineWatch& operator=(LifelineWatch&&) = delete;
  /// Does not wait for the thread, which ends within a second.
  ~LifelineWatch();

  /// Readable from the end of the line on.
  [[nodiscard]] int fd() const;

 private:
  struct State;  // shared with the thread
  explicit LifelineWatch(std::shared_ptr<State> state) : state_(std::move(state)) {}
  static Result<LifelineWatch> start(UniqueFd line);

  std::shared_ptr<State> state_;
};

}  // namespace tandem::io
