// Runs the real lbctl.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace tandem::ctl::testing {

struct Run {
  int exit_code = -1;
  std::string out;
  std::string err;
};

/// lbctl with `arguments`, to its end (killed after ten seconds).
Run run_lbctl(const std::vector<std::string>& arguments);

/// An lbctl that goes on until it is killed, at the latest on destruction.
class RunningLbctl {
 public:
  explicit RunningLbctl(const std::vector<std::string>& arguments);
  ~RunningLbctl();
  RunningLbctl(const RunningLbctl&) = delete;
  RunningLbctl& operator=(const RunningLbctl&) = delete;

  /// The next line of its stdout; empty if none comes within five seconds.
  std::string line();

 private:
  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;  // kept open and unread: it takes far more notices than a test causes
  std::string pending_;
};

}  // namespace tandem::ctl::testing
