// Preloaded into a real vrrpd: counts what the path of an advert allocates.
//
// A turn is what happens between two waits of the event loop. One in which a packet came in through a VRRP socket, or
// went out, is an advert's; its allocations are counted. The figures lie in the file that TANDEM_ADVERT_TURNS names, as
// the 64-bit numbers of `Figures`.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace {

struct Figures {
  std::uint64_t received = 0;        // turns in which adverts came in
  std::uint64_t received_clean = 0;  // of these, without an allocation
  std::uint64_t sent = 0;            // turns in which an advert went out
  std::uint64_t sent_clean = 0;      // of these, without an allocation before
  std::uint64_t allocations = 0;     // in all of them
};

constexpr int vrrp = 112;

Figures* figures = nullptr;
bool receives = false;
bool sends = false;
std::uint64_t allocations = 0;
std::uint64_t before_send = 0;  // what is done afterwards does not keep the advert waiting

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

__attribute__((constructor)) void map_figures() {
  const char* path = std::getenv("TANDEM_ADVERT_TURNS");
  const int fd = path != nullptr ? ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
  if (fd < 0 || ::ftruncate(fd, sizeof(Figures)) != 0) return;
  void* page = ::mmap(nullptr, sizeof(Figures), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (page != MAP_FAILED) figures = static_cast<Figures*>(page);
}

int option(int fd, int name) {
  int value = 0;
  socklen_t size = sizeof(value);
  return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

bool is_vrrp(int fd) { return option(fd, SO_PROTOCOL) == vrrp; }

void note_send() {
  sends = true;
  before_send = allocations;
}

void end_turn() {
  if (figures != nullptr && (receives || sends)) {
    const bool clean = allocations == 0;
    figures->received += receives;
    figures->received_clean += receives && clean;
    figures->sent += sends;
    figures->sent_clean += sends && before_send == 0;
    figures->allocations += allocations;
  }
  receives = sends = false;
  before_send = 0;
  allocations = 0;
}

}  // namespace

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) noexcept { return ++allocations, __libc_malloc(size); }
void* calloc(std::size_t count, std::size_t size) noexcept { return ++allocations, __libc_calloc(count, size); }
void* realloc(void* block, std::size_t size) noexcept { return ++allocations, __libc_realloc(block, size); }
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return ++allocations, __libc_memalign(alignment, size);
}

int epoll_wait(int fd, epoll_event* events, int count, int timeout) {
  static const auto real = next<decltype(epoll_wait)>("epoll_wait");
  end_turn();
  const int result = real(fd, events, count, timeout);
  allocations = 0;
  return result;
}

int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
  static const auto real = next<decltype(recvmmsg)>("recvmmsg");
  const int result = real(fd, messages, count, flags, timeout);
  if (result > 0 && is_vrrp(fd)) receives = true;
  return result;
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static const auto real = next<decltype(sendmsg)>("sendmsg");
  if (is_vrrp(fd)) note_send();
  return real(fd, message, flags);
}

// Multicast adverts leave as whole frames; nothing else leaves so.
int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  static const auto real = next<decltype(sendmmsg)>("sendmmsg");
  if (option(fd, SO_DOMAIN) == AF_PACKET) note_send();
  return real(fd, messages, count, flags);
}
}  // extern "C"
