#include "common/io/lifeline.hpp"

#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <new>
#include <utility>

#include "common/base/assert.hpp"

namespace tandem::io {
namespace {

using Word = std::atomic<std::uint32_t>;
static_assert(sizeof(Word) == sizeof(std::uint32_t) && Word::is_always_lock_free);

// The bit of waiters is always set, so that watchers need not write: the kernel wakes only if it is.
constexpr std::uint32_t cut_word = FUTEX_WAITERS | FUTEX_OWNER_DIED;

long this_thread() { return ::syscall(SYS_gettid); }

void wake_all(const void* word) { ::syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0); }

void cut(Word& word) {
  word.store(cut_word);
  wake_all(&word);
}

constexpr std::array crashes = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
std::atomic<Word*> cut_by_crash;
std::array<struct sigaction, NSIG> former_action;

// Ends the process in any case: raised here, the signal comes again, to whom it came before us, on return.
void on_crash(int number) {
  if (Word* word = cut_by_crash.load()) cut(*word);
  ::sigaction(number, &former_action[static_cast<std::size_t>(number)], nullptr);
  ::raise(number);
}

void catch_crashes() {
  struct sigaction action {};
  action.sa_handler = on_crash;
  sigemptyset(&action.sa_mask);
  for (const int number : crashes) {
    struct sigaction before {};
    if (::sigaction(number, &action, &before) != 0 || before.sa_handler == on_crash) continue;
    former_action[static_cast<std::size_t>(number)] = before;
  }
}

}  // namespace

// The kernel's list of what a thread holds has one entry, which need not be where the word is.
struct Lifeline::Grip {
  robust_list entry{};
  robust_list_head list{};
  long holder = 0;
  robust_list_head* former = nullptr;  // the C library's
};

Lifeline::Lifeline(UniqueFd fd, Word* word, std::string path)
    : fd_(std::move(fd)), word_(word), path_(std::move(path)) {}

Lifeline::Lifeline(Lifeline&& other) noexcept
    : fd_(std::move(other.fd_)), word_(std::exchange(other.word_, nullptr)), path_(std::exchange(other.path_, {})),
      grip_(std::exchange(other.grip_, nullptr)) {}

Lifeline::~Lifeline() {
  if (!path_.empty()) ::unlink(path_.c_str());
  if (grip_ != nullptr) {
    Word* mine = word_;
    cut_by_crash.compare_exchange_strong(mine, nullptr);
    cut(*word_);
    if (grip_->holder != this_thread()) return;
    ::syscall(SYS_set_robust_list, grip_->former, sizeof *grip_->former);
    delete grip_;
  }
  if (word_ != nullptr) ::munmap(word_, sizeof *word_);
}

Result<Lifeline> Lifeline::on(UniqueFd fd, const std::string& path) {
  const std::uint32_t nobody = 0;
  if (::pwrite(fd.get(), &nobody, sizeof nobody, 0) != static_cast<ssize_t>(sizeof nobody)) {
    return errno_error("write a lifeline", errno);
  }
  void* page = ::mmap(nullptr, sizeof nobody, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (page == MAP_FAILED) return errno_error("map a lifeline", errno);
  return Lifeline(std::move(fd), new (page) Word(nobody), path);
}

Result<Lifeline> Lifeline::in_memory() {
  UniqueFd fd(::memfd_create("lifeline", MFD_CLOEXEC));
  if (!fd) return errno_error("make a lifeline", errno);
  return on(std::move(fd), "");
}

Result<Lifeline> Lifeline::in_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return errno_error("remove the old " + path, errno);
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
  if (!fd) return errno_error("make " + path, errno);
  return on(std::move(fd), path);
}

Result<> Lifeline::hold() {
  TANDEM_ASSERT(grip_ == nullptr);
  auto grip = std::make_unique<Grip>();
  grip->entry.next = &grip->list.list;
  grip->list.list.next = &grip->entry;
  grip->list.futex_offset = reinterpret_cast<char*>(word_) - reinterpret_cast<char*>(&grip->entry);
  grip->holder = this_thread();
  std::size_t length = 0;
  if (::syscall(SYS_get_robust_list, 0, &grip->former, &length) != 0 ||
      ::syscall(SYS_set_robust_list, &grip->list, sizeof grip->list) != 0) {
    return errno_error("hold a lifeline", errno);
  }
  grip_ = grip.release();
  word_->store(static_cast<std::uint32_t>(grip_->holder) | FUTEX_WAITERS);
  wake_all(word_);
  cut_by_crash = word_;
  catch_crashes();
  return {};
}

// ---- the other end ------------------------------------------------------------------------------

struct LifelineWatch::State {
  ~State() {
    if (word != nullptr) ::munmap(word, sizeof(Word));
  }

  [[nodiscard]] bool waited_for_end() const;
  /// Of the thread, whose argument is a std::shared_ptr<State> on the heap.
  static void* keep_watch(void* argument);

  UniqueFd line;
  UniqueFd event;
  void* word = nullptr;  // never read here: its owner may cut the file short, which would be a SIGBUS
  std::atomic<bool> stopped = false;
};

// False if it is not to be known.
bool LifelineWatch::State::waited_for_end() const {
  while (!stopped) {
    std::uint32_t value = 0;
    if (::pread(line.get(), &value, sizeof value, 0) != static_cast<ssize_t>(sizeof value)) return false;
    if ((value & FUTEX_OWNER_DIED) != 0) return true;
    const timespec look_again{.tv_sec = 1, .tv_nsec = 0};  // whether somebody still wants to know
    const long woken = ::syscall(SYS_futex, word, FUTEX_WAIT, value, &look_again, nullptr, 0);
    if (woken != 0 && errno != EAGAIN && errno != EINTR && errno != ETIMEDOUT) return false;
  }
  return false;
}

void* LifelineWatch::State::keep_watch(void* argument) {
  const std::unique_ptr<std::shared_ptr<State>> owned(static_cast<std::shared_ptr<State>*>(argument));
  const State& state = **owned;
  if (!state.waited_for_end()) return nullptr;
  wake_all(state.word);  // the kernel wakes only one
  const std::uint64_t one = 1;
  while (::write(state.event.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
  return nullptr;
}

namespace {

// Detached, without signals, with a stack that may be locked into memory without regret. 0 or an errno.
int start_thread(void* (*run)(void*), void* argument) {
  constexpr std::size_t stack_bytes = 64 * 1024;
  pthread_attr_t attributes;
  if (const int failure = ::pthread_attr_init(&attributes); failure != 0) return failure;
  sigset_t all;
  sigfillset(&all);
  int failure = ::pthread_attr_setstacksize(&attributes, stack_bytes);
  if (failure == 0) failure = ::pthread_attr_setsigmask_np(&attributes, &all);
  if (failure == 0) failure = ::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread{};
  if (failure == 0) failure = ::pthread_create(&thread, &attributes, run, argument);
  ::pthread_attr_destroy(&attributes);
  return failure;
}

}  // namespace

LifelineWatch::~LifelineWatch() {
  if (state_ == nullptr) return;
  state_->stopped = true;
  wake_all(state_->word);
}

int LifelineWatch::fd() const { return state_->event.get(); }

Result<LifelineWatch> LifelineWatch::start(UniqueFd line) {
  auto state = std::make_shared<State>();
  state->event = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state->event) return errno_error("watch a lifeline", errno);
  void* word = ::mmap(nullptr, sizeof(Word), PROT_READ, MAP_SHARED, line.get(), 0);
  if (word == MAP_FAILED) return errno_error("map a lifeline to watch", errno);
  state->word = word;
  state->line = std::move(line);
  auto argument = std::make_unique<std::shared_ptr<State>>(state);
  if (const int failure = start_thread(State::keep_watch, argument.get()); failure != 0) {
    return errno_error("start a thread to watch a lifeline", failure);
  }
  static_cast<void>(argument.release());
  return LifelineWatch(std::move(state));
}

Result<LifelineWatch> LifelineWatch::on(const UniqueFd& line) {
  UniqueFd copy(::fcntl(line.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy) return errno_error("watch a lifeline", errno);
  return start(std::move(copy));
}

Result<LifelineWatch> LifelineWatch::on_file(const std::string& path) {
  // O_NONBLOCK: whatever it is instead of a file, opening it must not take time.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) return errno_error("open " + path, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return errno_error("examine " + path, errno);
  if (!S_ISREG(status.st_mode) || status.st_size != static_cast<off_t>(sizeof(Word))) {
    return Error{path + " is no lifeline"};
  }
  return start(std::move(fd));
}

}  // namespace tandem::io
