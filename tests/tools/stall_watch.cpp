// tandem-stall-watch: when the machine itself was late, so that a test of times does not blame the program under test.
//
// One thread on each processor wakes each millisecond above all programs under test (SCHED_FIFO): when it is late, that
// processor stood still. As many ordinary threads wake as often wherever there is room: when one of them is late, ordinary
// processes had to wait. Each lateness of more than a millisecond is a line on stdout, once it is over:
//
//     BEGIN END machine|ordinary       both in ns of CLOCK_MONOTONIC
//
// It ends with the process that started it.
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <thread>
#include <vector>

#include "tests/tools/support/clock.hpp"
#include "tests/tools/support/options.hpp"

namespace tandem::tools {
namespace {

constexpr Duration period = std::chrono::milliseconds(1);
constexpr Duration tolerated = std::chrono::milliseconds(1);
constexpr int fifo_priority = 50;  // the daemons under test have 10, the drill's probe 20

void sleep_until(TimePoint due) {
  const std::int64_t ns = nanoseconds_of(due);
  const timespec at{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) continue;
}

/// One write, so that the lines of several threads do not mix.
void say(TimePoint begin, TimePoint end, const char* what) {
  char line[80];
  const int length = std::snprintf(line, sizeof(line), "%" PRId64 " %" PRId64 " %s\n", nanoseconds_of(begin),
                                   nanoseconds_of(end), what);
  if (write(STDOUT_FILENO, line, static_cast<std::size_t>(length)) != length) die(std::strerror(errno));
}

[[noreturn]] void watch(const char* what) {
  for (;;) {
    const TimePoint due = Clock::now() + period;
    sleep_until(due);
    const TimePoint woken = Clock::now();
    if (woken - due > tolerated) say(due, woken, what);
  }
}

void watch_processor(std::size_t processor) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  sched_param parameters{};
  parameters.sched_priority = fifo_priority;
  if (pthread_setaffinity_np(pthread_self(), sizeof(one), &one) != 0) return;  // not one of ours
  // Where this is not permitted the programs under test are not in real time either.
  (void)sched_setscheduler(0, SCHED_FIFO, &parameters);
  watch("machine");
}

void watch_ordinary() {
  prctl(PR_SET_TIMERSLACK, 1);  // ns; else 50 us
  watch("ordinary");
}

}  // namespace
}  // namespace tandem::tools

int main(int argc, char** argv) {
  using namespace tandem::tools;
  const Options options(argc, argv, "Prints when the machine was late, until its parent ends.", {});
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  (void)mlockall(MCL_CURRENT);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < std::thread::hardware_concurrency(); ++i) {
    threads.emplace_back(watch_processor, i);
    threads.emplace_back(watch_ordinary);
  }
  for (std::thread& thread : threads) thread.join();
}
