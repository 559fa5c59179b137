// The access log: one thread takes finished records from all workers, formats and writes them.
//
// It polls every 50 ms: no worker is ever made to wake it or to wait for it. What does not fit in a worker's ring while
// the disk is slow is dropped there and counted (WorkerCounters::access_log_dropped).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/io/unique_fd.hpp"
#include "lbd/control/id_registry.hpp"
#include "lbd/runtime/worker.hpp"

namespace tandem::lbd {

/// Everything is called on the control thread.
class AccessLog {
 public:
  /// `workers` are borrowed: they outlive the writer. Without a destination records are taken and thrown away.
  explicit AccessLog(std::vector<Worker*> workers);
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  /// Opens `destination`: a path (append, created with mode 0640), "stdout", or empty for none. On an error the log
  /// goes on where it went before. Called again with the same path it opens the file anew: that is how log rotation
  /// works (move the file away, SIGHUP).
  [[nodiscard]] Result<> open(const std::string& destination);
  /// Names for the ids in records from now on.
  void set_names(NameTablePtr names);

  void start();
  /// Writes what the workers have finished so far, and ends the thread; after at most 2 s if the destination takes
  /// no more.
  void stop();

  [[nodiscard]] std::uint64_t lines_written() const { return written_.load(std::memory_order_relaxed); }
  /// Lines lost because writing failed or stopped (disk full, reader gone).
  [[nodiscard]] std::uint64_t lines_lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  struct Destination {
    io::UniqueFd fd;
    bool regular = false;  // a file: writes do not wait for a reader
  };
  void run();
  bool take_from(Worker& worker, const NameTable& names, const Destination* destination);
  void write_batch(const Destination& destination);
  bool write_all(const Destination& destination, std::string_view bytes);
  void complain(int error);

  std::vector<Worker*> workers_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> lost_{0};

  std::mutex mutex_;
  std::shared_ptr<const Destination> destination_;  // under mutex_
  NameTablePtr names_;                              // under mutex_

  // The writer thread's own.
  std::vector<AccessRecord> records_;
  std::string batch_;
  std::uint64_t batch_lines_ = 0;
  TimePoint complained_{};
  TimePoint give_up_{TimePoint::max()};  // set once stopping
};

}  // namespace tandem::lbd
