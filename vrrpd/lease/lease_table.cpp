#include "vrrpd/lease/lease_table.hpp"

#include <bpf/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <utility>

#include "vrrpd/lease/lease_maps.h"

namespace tandem::vrrp {
namespace {

constexpr Duration first_advert = std::chrono::milliseconds(20);  // time to install the addresses and send the first advert
constexpr std::size_t map_bytes = LEASE_SLOTS * sizeof(lease);

std::uint64_t read_clock(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(time.tv_nsec);
}

// Counts while the machine is suspended: a lease does not survive that.
std::uint64_t boot_clock() { return read_clock(CLOCK_BOOTTIME); }

// The programs read and write the same words at any moment.
void store(__u64& word, std::uint64_t value) {
  std::atomic_ref<__u64>(word).store(value, std::memory_order_release);
}

std::uint64_t load(__u64& word) { return std::atomic_ref<__u64>(word).load(std::memory_order_acquire); }

std::uint64_t count(Duration duration) { return static_cast<std::uint64_t>(duration.count()); }

}  // namespace

Result<LeaseTable> LeaseTable::create() {
  bpf_map_create_opts options{};
  options.sz = sizeof(options);
  options.map_flags = BPF_F_MMAPABLE;
  const int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "tandem_leases", sizeof(std::uint32_t), sizeof(lease), LEASE_SLOTS,
                                &options);
  if (fd < 0) return errno_error("create the map of leases", -fd);
  void* memory = ::mmap(nullptr, map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) {
    const int failure = errno;
    ::close(fd);
    return errno_error("map the leases into memory", failure);
  }
  return LeaseTable(fd, static_cast<lease*>(memory));
}

LeaseTable::LeaseTable(LeaseTable&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), entries_(std::exchange(other.entries_, nullptr)), used_(other.used_) {}

LeaseTable::~LeaseTable() {
  if (entries_ == nullptr) return;
  ::munmap(entries_, map_bytes);
  ::close(fd_);
}

std::optional<std::uint32_t> LeaseTable::allocate() {
  const auto free = std::find(used_.begin(), used_.end(), false);
  if (free == used_.end()) return std::nullopt;
  *free = true;
  const auto slot = static_cast<std::uint32_t>(free - used_.begin());
  close(slot);
  store(entries_[slot].silenced, 0);
  return slot;
}

void LeaseTable::release(std::uint32_t slot) {
  close(slot);
  used_[slot] = false;
}

void LeaseTable::open(std::uint32_t slot, const LeaseTerms& terms) {
  lease& entry = entries_[slot];
  const std::uint64_t now = boot_clock();  // first of all: whoever is frozen right here wakes up too late for the first advert
  const std::uint64_t forgotten = read_clock(CLOCK_MONOTONIC) + LEASE_AFTERMATH_NS;
  store(entry.forgotten_ns, forgotten);
  store(entry.farewell_ns, count(terms.farewell));
  store(entry.first_by_ns, now + count(first_advert));
  store(entry.length_ns, count(terms.length));
}

void LeaseTable::close(std::uint32_t slot) {
  lease& entry = entries_[slot];
  store(entry.length_ns, 0);
  store(entry.forgotten_ns, read_clock(CLOCK_MONOTONIC) + LEASE_AFTERMATH_NS);
  store(entry.first_by_ns, 0);
  store(entry.until_ns, 0);
}

Duration LeaseTable::remaining(std::uint32_t slot) const {
  const std::uint64_t until = load(entries_[slot].until_ns);
  return Duration(static_cast<std::int64_t>(until - boot_clock()));
}

std::uint64_t LeaseTable::silenced(std::uint32_t slot) const {
  return load(entries_[slot].silenced);
}

}  // namespace tandem::vrrp
