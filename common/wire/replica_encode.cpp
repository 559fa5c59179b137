#include <algorithm>

#include "common/base/assert.hpp"
#include "common/wire/bytes.hpp"
#include "common/wire/replica.hpp"
#include "common/wire/replica_format.hpp"

namespace tandem::wire {
namespace {

using format::Type;

bool valid_name(std::string_view name) { return !name.empty() && name.size() <= max_name_bytes; }

std::uint64_t remaining_ms(Duration remaining) {
  const Duration bounded = std::clamp(remaining, Duration::zero(), max_remaining);
  return static_cast<std::uint64_t>(std::chrono::floor<std::chrono::milliseconds>(bounded).count());
}

void write_entry(ByteWriter& writer, const Entry& entry) {
  TANDEM_ASSERT(valid_entry(entry) && entry.version.node.size() <= max_name_bytes);
  std::uint8_t flags = 0;
  if (entry.deleted) flags |= format::flag_deleted;
  if (entry.remaining) flags |= format::flag_expires;
  writer.u8(flags);
  writer.string8(entry.table);
  writer.string16(entry.key);
  writer.string16(entry.value);
  writer.u64(entry.version.epoch);
  writer.u64(entry.version.sequence);
  writer.string8(entry.version.node);
  if (entry.remaining) writer.u64(remaining_ms(*entry.remaining));
}

/// One overload per message: its type and its body.
struct BodyWriter {
  ByteWriter& writer;

  void operator()(const Hello& hello) {
    TANDEM_ASSERT(valid_name(hello.name) && hello.cluster.size() <= max_name_bytes);
    writer.u8(static_cast<std::uint8_t>(Type::hello));
    writer.u32(format::magic);
    writer.u16(hello.protocol);
    writer.u8(static_cast<std::uint8_t>(hello.role));
    writer.string8(hello.cluster);
    writer.string8(hello.name);
    writer.u64(hello.boot);
    writer.u64(hello.clock.epoch);
    writer.u64(hello.clock.sequence);
  }
  void operator()(const Entries& list) {
    writer.u8(static_cast<std::uint8_t>(Type::entries));
    writer.u64(list.number);
    writer.u16(static_cast<std::uint16_t>(list.entries.size()));
    for (const Entry& entry : list.entries) write_entry(writer, entry);
  }
  void operator()(const Ack& ack) {
    writer.u8(static_cast<std::uint8_t>(Type::ack));
    writer.u64(ack.number);
  }
  void operator()(const Digest& digest) {
    TANDEM_ASSERT(valid_name(digest.table) && digest.buckets.size() == digest_buckets);
    writer.u8(static_cast<std::uint8_t>(Type::digest));
    writer.u32(digest.round);
    writer.string8(digest.table);
    writer.u16(static_cast<std::uint16_t>(digest.buckets.size()));
    for (const std::uint64_t bucket : digest.buckets) writer.u64(bucket);
  }
  void operator()(const DigestEnd& end) {
    writer.u8(static_cast<std::uint8_t>(Type::digest_end));
    writer.u32(end.round);
  }
  void operator()(const Repaired& repaired) {
    writer.u8(static_cast<std::uint8_t>(Type::repaired));
    writer.u32(repaired.round);
  }
  void operator()(const Heartbeat& heartbeat) {
    writer.u8(static_cast<std::uint8_t>(Type::heartbeat));
    writer.u64(heartbeat.counter);
  }
  void operator()(const Puts& list) {
    writer.u8(static_cast<std::uint8_t>(Type::puts));
    writer.u16(static_cast<std::uint16_t>(list.puts.size()));
    for (const Put& put : list.puts) {
      writer.u64(put.number);
      write_entry(writer, put.entry);
    }
  }
  void operator()(const PutResults& list) {
    writer.u8(static_cast<std::uint8_t>(Type::put_results));
    writer.u16(static_cast<std::uint16_t>(list.results.size()));
    for (const PutResult& result : list.results) {
      writer.u64(result.number);
      writer.u8(result.refused ? format::result_refused : format::result_stored);
      writer.u64(result.epoch);
      writer.u64(result.sequence);
    }
  }
  void operator()(const SnapshotEnd&) { writer.u8(static_cast<std::uint8_t>(Type::snapshot_end)); }
  void operator()(const Refusal& refusal) {
    TANDEM_ASSERT(refusal.reason.size() <= format::max_reason_bytes);
    writer.u8(static_cast<std::uint8_t>(Type::refusal));
    writer.string16(refusal.reason);
  }
};

}  // namespace

bool valid_entry(const Entry& entry) {
  return valid_name(entry.table) && !entry.key.empty() && entry.key.size() <= max_key_bytes &&
         entry.value.size() <= max_value_bytes && (!entry.deleted || entry.value.empty());
}

void encode(const Message& message, std::vector<std::uint8_t>& out) {
  ByteWriter writer(out);
  const std::size_t start = writer.position();
  writer.u32(0);
  std::visit(BodyWriter{writer}, message);
  const std::size_t length = writer.position() - start - format::length_bytes;
  TANDEM_ASSERT(length <= max_frame_bytes);
  writer.patch_u32(start, static_cast<std::uint32_t>(length));
}

ListFrame ListFrame::entries(std::vector<std::uint8_t>& out, std::uint64_t number) {
  ListFrame frame(out, out.size());
  ByteWriter writer(out);
  writer.u32(0);
  writer.u8(static_cast<std::uint8_t>(Type::entries));
  writer.u64(number);
  frame.count_at_ = writer.position();
  writer.u16(0);
  return frame;
}

ListFrame ListFrame::puts(std::vector<std::uint8_t>& out) {
  ListFrame frame(out, out.size());
  ByteWriter writer(out);
  writer.u32(0);
  writer.u8(static_cast<std::uint8_t>(Type::puts));
  frame.count_at_ = writer.position();
  writer.u16(0);
  return frame;
}

bool ListFrame::add(const Entry& entry, std::size_t target) {
  const std::size_t before = out_->size();
  ByteWriter writer(*out_);
  write_entry(writer, entry);
  return keep_if_fits(before, target);
}

bool ListFrame::add(const Put& put, std::size_t target) {
  const std::size_t before = out_->size();
  ByteWriter writer(*out_);
  writer.u64(put.number);
  write_entry(writer, put.entry);
  return keep_if_fits(before, target);
}

bool ListFrame::keep_if_fits(std::size_t before, std::size_t target) {
  const std::size_t length = out_->size() - start_ - format::length_bytes;
  if (length > std::min(target, max_frame_bytes) && count_ > 0) {
    out_->resize(before);
    return false;
  }
  TANDEM_ASSERT(length <= max_frame_bytes && count_ < 0xffff);
  ++count_;
  return true;
}

bool ListFrame::finish() {
  if (count_ == 0) {
    out_->resize(start_);
    return false;
  }
  ByteWriter writer(*out_);
  writer.patch_u16(count_at_, count_);
  writer.patch_u32(start_, static_cast<std::uint32_t>(out_->size() - start_ - format::length_bytes));
  return true;
}

}  // namespace tandem::wire
