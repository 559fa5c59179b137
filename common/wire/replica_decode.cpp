#include "common/wire/bytes.hpp"
#include "common/wire/replica.hpp"
#include "common/wire/replica_format.hpp"

namespace tandem::wire {
namespace {

using format::Type;

/// Reads bodies; the first violation sticks in `error`.
class BodyReader {
 public:
  explicit BodyReader(std::span<const std::uint8_t> body) : in_(body) {}

  Hello hello() {
    Hello hello;
    if (in_.u32() != format::magic) fail(DecodeError::bad_magic);
    hello.protocol = in_.u16();
    const std::uint8_t role = in_.u8();
    if (role < 1 || role > 3) fail(DecodeError::bad_role);
    hello.role = static_cast<Hello::Role>(role);
    hello.cluster = name(0);
    hello.name = name(1);
    hello.boot = in_.u64();
    hello.clock.epoch = in_.u64();
    hello.clock.sequence = in_.u64();
    return hello;
  }

  Entries entries() {
    Entries list;
    list.number = in_.u64();
    // No reserve(): the count is the sender's word, the bytes are the bound.
    for (std::size_t left = in_.u16(); left > 0 && good(); --left) list.entries.push_back(entry());
    return list;
  }

  Digest digest() {
    Digest digest;
    digest.round = in_.u32();
    digest.table = name(1);
    if (in_.u16() != digest_buckets) fail(DecodeError::bad_bucket_count);
    if (good()) digest.buckets.reserve(digest_buckets);
    for (std::size_t i = 0; i < digest_buckets && good(); ++i) digest.buckets.push_back(in_.u64());
    return digest;
  }

  Puts puts() {
    Puts list;
    for (std::size_t left = in_.u16(); left > 0 && good(); --left) {
      Put put;
      put.number = in_.u64();
      put.entry = entry();
      list.puts.push_back(std::move(put));
    }
    return list;
  }

  PutResults put_results() {
    PutResults list;
    for (std::size_t left = in_.u16(); left > 0 && good(); --left) {
      PutResult result;
      result.number = in_.u64();
      const std::uint8_t status = in_.u8();
      if (status > format::result_refused) fail(DecodeError::bad_flags);
      result.refused = status == format::result_refused;
      result.epoch = in_.u64();
      result.sequence = in_.u64();
      list.results.push_back(result);
    }
    return list;
  }

  Refusal refusal() {
    const std::string_view reason = in_.string16();
    if (reason.size() > format::max_reason_bytes) fail(DecodeError::reason_too_long);
    return Refusal{std::string(reason.substr(0, format::max_reason_bytes))};
  }

  Ack ack() { return Ack{in_.u64()}; }
  DigestEnd digest_end() { return DigestEnd{in_.u32()}; }
  Repaired repaired() { return Repaired{in_.u32()}; }
  Heartbeat heartbeat() { return Heartbeat{in_.u64()}; }

  /// The verdict over the whole body. Too few bytes explain every other oddity, so they come first.
  [[nodiscard]] DecodeError finish() const {
    if (!in_.ok()) return DecodeError::truncated;
    if (error_ != DecodeError::none) return error_;
    return in_.remaining() > 0 ? DecodeError::trailing_bytes : DecodeError::none;
  }

 private:
  [[nodiscard]] bool good() const { return in_.ok() && error_ == DecodeError::none; }
  void fail(DecodeError error) {
    if (error_ == DecodeError::none) error_ = error;
  }

  std::string name(std::size_t least) {
    const std::string_view text = in_.string8();
    if (text.size() < least || text.size() > max_name_bytes) fail(DecodeError::bad_name);
    return std::string(text);
  }

  Entry entry() {
    Entry entry;
    const std::uint8_t flags = in_.u8();
    if ((flags & ~(format::flag_deleted | format::flag_expires)) != 0) fail(DecodeError::bad_flags);
    entry.deleted = (flags & format::flag_deleted) != 0;
    entry.table = name(1);
    const std::string_view key = in_.string16();
    if (key.empty() || key.size() > max_key_bytes) fail(DecodeError::bad_key);
    const std::string_view value = in_.string16();
    if (value.size() > max_value_bytes) fail(DecodeError::value_too_long);
    if (entry.deleted && !value.empty()) fail(DecodeError::deleted_with_value);
    if (!good()) return entry;
    entry.key = key;
    entry.value = value;
    entry.version.epoch = in_.u64();
    entry.version.sequence = in_.u64();
    entry.version.node = name(0);
    if ((flags & format::flag_expires) != 0) entry.remaining = remaining();
    return entry;
  }

  Duration remaining() {
    constexpr auto longest = std::chrono::duration_cast<std::chrono::milliseconds>(max_remaining).count();
    const std::uint64_t milliseconds = in_.u64();
    if (milliseconds > static_cast<std::uint64_t>(longest)) {
      fail(DecodeError::bad_remaining);
      return {};
    }
    return std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds));
  }

  ByteReader in_;
  DecodeError error_ = DecodeError::none;
};

}  // namespace

std::string_view to_text(DecodeError error) {
  switch (error) {
    case DecodeError::none: return "no error";
    case DecodeError::empty_frame: return "empty frame";
    case DecodeError::frame_too_long: return "frame longer than 65536 bytes";
    case DecodeError::unknown_type: return "unknown message type";
    case DecodeError::truncated: return "message shorter than its fields";
    case DecodeError::trailing_bytes: return "bytes after the end of a message";
    case DecodeError::bad_magic: return "not the replication protocol";
    case DecodeError::bad_role: return "unknown role";
    case DecodeError::bad_name: return "name empty or longer than 64 bytes";
    case DecodeError::bad_key: return "key empty or longer than 512 bytes";
    case DecodeError::value_too_long: return "value longer than 4096 bytes";
    case DecodeError::bad_flags: return "unknown flags";
    case DecodeError::deleted_with_value: return "deleted entry with a value";
    case DecodeError::bad_remaining: return "life time longer than 366 days";
    case DecodeError::bad_bucket_count: return "digest without 1024 buckets";
    case DecodeError::reason_too_long: return "refusal reason longer than 1024 bytes";
  }
  return "unknown error";
}

DecodeError decode_frame(std::span<const std::uint8_t> frame, Message& message) {
  if (frame.empty()) return DecodeError::empty_frame;
  BodyReader body(frame.subspan(1));
  switch (static_cast<Type>(frame[0])) {
    case Type::hello: message = body.hello(); break;
    case Type::entries: message = body.entries(); break;
    case Type::ack: message = body.ack(); break;
    case Type::digest: message = body.digest(); break;
    case Type::digest_end: message = body.digest_end(); break;
    case Type::repaired: message = body.repaired(); break;
    case Type::heartbeat: message = body.heartbeat(); break;
    case Type::puts: message = body.puts(); break;
    case Type::put_results: message = body.put_results(); break;
    case Type::snapshot_end: message = SnapshotEnd{}; break;
    case Type::refusal: message = body.refusal(); break;
    default: return DecodeError::unknown_type;
  }
  return body.finish();
}

void Decoder::append(std::span<const std::uint8_t> bytes) {
  if (error_ != DecodeError::none) return;
  if (consumed_ > 0) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(consumed_));
    consumed_ = 0;
  }
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::optional<Message> Decoder::next() {
  if (error_ != DecodeError::none) return std::nullopt;
  const auto rest = std::span<const std::uint8_t>(buffer_).subspan(consumed_);
  if (rest.size() < format::length_bytes) return std::nullopt;
  const std::size_t length = ByteReader(rest).u32();
  if (length > max_frame_bytes) {
    error_ = DecodeError::frame_too_long;
    return std::nullopt;
  }
  if (rest.size() - format::length_bytes < length) return std::nullopt;
  Message message;
  error_ = decode_frame(rest.subspan(format::length_bytes, length), message);
  if (error_ != DecodeError::none) return std::nullopt;
  consumed_ += format::length_bytes + length;
  return message;
}

}  // namespace tandem::wire
