// One program that the spawner has started: its process, and what it says.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "common/base/result.hpp"
#include "common/io/unique_fd.hpp"
#include "vrrpd/programs/job.hpp"

namespace tandem::vrrp {

class Child {
 public:
  /// How it ended: an exit code, or the signal that killed it.
  struct End {
    bool killed = false;
    int value = 0;
  };

  /// Forks, and leads the child to its program, in a session and process group of its own.
  static Result<Child> start(const Job& job);
  Child(Child&&) noexcept;
  Child& operator=(Child&&) = delete;
  /// Kills what still runs, and does not wait for it.
  ~Child();

  /// SIGKILL to the whole process group.
  void kill() const;
  /// Reads what it has said so far; it never blocks it.
  void read_errors();
  /// Once it has ended: how. What it leaves behind in its process group is killed.
  std::optional<End> reap();
  [[nodiscard]] bool reaped() const { return pid_ < 0; }

  [[nodiscard]] const std::string& said() const { return said_; }
  /// Readable when it has ended.
  [[nodiscard]] int process_fd() const { return process_.get(); }
  /// Readable when it says something; -1 when it cannot any more.
  [[nodiscard]] int errors_fd() const { return errors_.get(); }

 private:
  Child(pid_t pid, io::UniqueFd process, io::UniqueFd errors);

  pid_t pid_;  // -1 once reaped
  io::UniqueFd process_;
  io::UniqueFd errors_;
  std::string said_;  // its beginning
};

}  // namespace tandem::vrrp
