// Runs programs and looks for files, in the spawner process (vrrpd/programs/spawner.hpp), which it starts with the first
// need and again should it die. Io thread only.
//
// Two lanes, each first come, first served, so that hooks that take their time do not delay looks.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.hpp"
#include "vrrpd/io/fd_watch.hpp"
#include "vrrpd/programs/job.hpp"
#include "vrrpd/programs/spawner.hpp"

namespace tandem::vrrp {

class ProgramRunner {
 public:
  enum class Lane : std::uint8_t { look, hook };
  using Done = std::function<void(const JobOutcome&)>;

  explicit ProgramRunner(boost::asio::io_context& io);

  /// Starts the spawner now, while nothing is urgent and this process has little memory to copy.
  void prepare();
  /// `done` is called once, never from within run(); at the latest a second after the job's timeout, which begins when it
  /// gets a place in its lane.
  void run(Lane lane, Job job, Done done);
  /// Jobs of the lane that run or wait.
  [[nodiscard]] std::size_t busy(Lane lane) const;

 private:
  struct Waiting {
    Job job;
    Done done;
  };
  struct Running {
    Lane lane;
    TimePoint deadline;  // by then the spawner has answered, or it never will
    Done done;
  };
  struct LaneState {
    std::deque<Waiting> waiting;
    std::size_t running = 0;
  };

  bool start();
  void fill(Lane lane);
  void fill_later();
  void receive();
  void finish(const JobOutcome& outcome);
  void lose_spawner();
  void expect_answers();
  void on_silence();
  [[nodiscard]] LaneState& lane(Lane lane) { return lanes_[static_cast<std::size_t>(lane)]; }

  boost::asio::io_context& io_;
  boost::asio::steady_timer silence_;
  std::optional<Spawner> spawner_;
  std::unique_ptr<FdWatch> watch_;  // of its socket, so declared after it
  std::array<LaneState, 2> lanes_;
  std::map<std::uint64_t, Running> running_;  // by id
  std::uint64_t next_id_ = 1;
  bool fill_posted_ = false;
};

/// What every program that vrrpd starts finds in its environment.
std::vector<std::string> program_environment(const std::string& node);

}  // namespace tandem::vrrp
