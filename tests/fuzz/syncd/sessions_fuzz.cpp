// syncd's sessions against a peer and a client that send any messages in any order: no crash, bounded output, and the
// store stays coherent. The input is a byte stream per side: the first byte of the file says where it is split.
#include <cstdlib>

#include "syncd/core/replicator.hpp"

using namespace tandem;
using namespace tandem::sync;

namespace {

constexpr TimePoint start{std::chrono::seconds(1000)};

template <class Session>
void feed(Session& session, std::span<const std::uint8_t> bytes, Replicator& replicator) {
  wire::Decoder decoder;
  decoder.append(bytes);
  TimePoint now = start;
  std::vector<std::uint8_t> out;
  while (const auto message = decoder.next()) {
    now += std::chrono::milliseconds(70);
    const bool good = session.receive(*message, now).has_value();
    out.clear();
    session.produce(out, 64 * 1024, now);
    replicator.tick(now);
    if (!good) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::span<const std::uint8_t> bytes(data + 1, size - 1);
  const std::size_t split = bytes.size() * data[0] / 255;
  replica::StoreLimits limits;
  limits.entries_per_table = 50;
  limits.tables = 4;
  Replicator replicator(Identity{"edge", "lb1", "lb2", 1}, 100, start, limits);
  replicator.peer().connected(start);
  FeedSession& client = replicator.client(replicator.add_client());
  feed(replicator.peer(), bytes.first(split), replicator);
  feed(client, bytes.subspan(split), replicator);

  std::size_t records = 0;
  const replica::Store& store = replicator.store();
  for (const replica::Record* r = store.next_change(0); r != nullptr; r = store.next_change(r->change)) ++records;
  std::size_t counted = 0;
  for (const auto& table : store.tables()) counted += table.entries + table.tombstones;
  if (records != counted || store.unacknowledged() > records) std::abort();
  return 0;
}
