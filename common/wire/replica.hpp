// The replication protocol's messages and their bytes: one codec for the link between the peers and for
// the local feed between syncd and the daemons of its node. doc/protocols/sync.md specifies the bytes.
//
// Pure: bytes in, values out. A decoded message is within the limits below; what it means is for the
// sessions (syncd/core, common/replica).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/time.hpp"

namespace tandem::wire {

inline constexpr std::uint16_t protocol_version = 1;
inline constexpr std::size_t max_name_bytes = 64;   // of tables, nodes, clusters and clients; at least 1
inline constexpr std::size_t max_key_bytes = 512;   // at least 1
inline constexpr std::size_t max_value_bytes = 4096;
inline constexpr std::size_t max_frame_bytes = 64 * 1024;  // type and body, without the length field
inline constexpr Duration max_remaining = std::chrono::hours(24 * 366);  // longer life times are cut to this
inline constexpr std::size_t digest_buckets = 1024;  // per table

/// Orders the states of one key: by epoch, then sequence, then node name; the greatest wins everywhere. All zero
/// (the default) is older than every version that a syncd assigns.
struct Version {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  std::string node;  // the syncd that assigned it
  auto operator<=>(const Version&) const = default;
};

/// The state of one key of one table. Tables are named by their users and opaque to replication.
struct Entry {
  std::string table;
  std::string key;
  std::string value;  // empty if deleted
  Version version;
  /// Life time left when it was sent; nullopt: no end. Never an absolute time: clocks are not compared.
  std::optional<Duration> remaining;
  bool deleted = false;
  bool operator==(const Entry&) const = default;
};

/// True if table, key and value are within the limits (and a deleted entry has no value).
bool valid_entry(const Entry& entry);

// ---- messages --------------------------------------------------------------------------------

/// First message of both sides. `boot` differs at each start of the sender. `clock` is the newest version that it
/// knows (its `node` is not sent).
struct Hello {
  enum class Role : std::uint8_t { peer = 1, client = 2, feed = 3 };
  std::uint16_t protocol = protocol_version;
  Role role = Role::peer;
  std::string cluster;  // from a client: the one table that it wants to hear of; empty: all
  std::string name;     // node or client
  std::uint64_t boot = 0;
  Version clock;
  bool operator==(const Hello&) const = default;
};

/// States to merge. `number` counts the sender's Entries messages of this connection, from 1.
struct Entries {
  std::uint64_t number = 0;
  std::vector<Entry> entries;
  bool operator==(const Entries&) const = default;
};

/// All Entries up to `number` have been merged.
struct Ack {
  std::uint64_t number = 0;
  bool operator==(const Ack&) const = default;
};

/// The sender's digest of one table; `buckets` has digest_buckets elements. Tables that a round does not name are empty.
struct Digest {
  std::uint32_t round = 0;  // from 1
  std::string table;
  std::vector<std::uint64_t> buckets;
  bool operator==(const Digest&) const = default;
};

/// All tables' digests of this round have been sent.
struct DigestEnd {
  std::uint32_t round = 0;
  bool operator==(const DigestEnd&) const = default;
};

/// The sender has sent all that differed in the receiver's round `round`.
struct Repaired {
  std::uint32_t round = 0;
  bool operator==(const Repaired&) const = default;
};

struct Heartbeat {
  std::uint64_t counter = 0;  // of this connection, from 1
  bool operator==(const Heartbeat&) const = default;
};

/// A client's write: syncd gives it a version above all it knows and above `entry.version`, which is the version
/// of the state that it replaces (zero: none).
struct Put {
  std::uint64_t number = 0;  // of this client, increasing
  Entry entry;
  bool operator==(const Put&) const = default;
};

struct Puts {
  std::vector<Put> puts;
  bool operator==(const Puts&) const = default;
};

/// What became of puts, in their order.
struct PutResult {
  std::uint64_t number = 0;
  bool refused = false;       // the table is full; the version is zero
  std::uint64_t epoch = 0;    // the version's node is the answering syncd
  std::uint64_t sequence = 0;
  bool operator==(const PutResult&) const = default;
};

struct PutResults {
  std::vector<PutResult> results;
  bool operator==(const PutResults&) const = default;
};

/// All that syncd held when the client connected has been sent.
struct SnapshotEnd {
  bool operator==(const SnapshotEnd&) const = default;
};

/// Why the sender closes the connection now: a sentence for the other side's log.
struct Refusal {
  std::string reason;  // at most 1024 bytes
  bool operator==(const Refusal&) const = default;
};

using Message = std::variant<Hello, Entries, Ack, Digest, DigestEnd, Repaired, Heartbeat, Puts, PutResults,
                             SnapshotEnd, Refusal>;

/// Appends the message as one frame. It must be within the limits and fit in one (asserted); for lists use the
/// frame writers below.
void encode(const Message& message, std::vector<std::uint8_t>& out);

/// Builds one Entries or Puts frame at the end of `out`. Nothing is appended if nothing was added.
class ListFrame {
 public:
  /// An Entries frame with this number.
  static ListFrame entries(std::vector<std::uint8_t>& out, std::uint64_t number);
  static ListFrame puts(std::vector<std::uint8_t>& out);

  /// False, and nothing is written, if the frame would grow beyond `target` bytes (an empty frame takes any entry).
  bool add(const Entry& entry, std::size_t target = max_frame_bytes);
  bool add(const Put& put, std::size_t target = max_frame_bytes);
  /// Completes the frame; true if there is one. Call exactly once.
  bool finish();

 private:
  ListFrame(std::vector<std::uint8_t>& out, std::size_t start) : out_(&out), start_(start) {}
  bool keep_if_fits(std::size_t before, std::size_t target);

  std::vector<std::uint8_t>* out_;
  std::size_t start_;        // of the frame in *out_
  std::size_t count_at_ = 0; // of the element count
  std::uint16_t count_ = 0;
};

// ---- decoding --------------------------------------------------------------------------------

enum class DecodeError : std::uint8_t {
  none, empty_frame, frame_too_long, unknown_type, truncated, trailing_bytes, bad_magic, bad_role,
  bad_name, bad_key, value_too_long, bad_flags, deleted_with_value, bad_remaining, bad_bucket_count,
  reason_too_long
};

/// A phrase for logs and counters: "frame longer than 65536 bytes".
std::string_view to_text(DecodeError error);

/// Decodes one frame's type and body (what follows the length field).
DecodeError decode_frame(std::span<const std::uint8_t> frame, Message& message);

/// Cuts a byte stream into messages, however it is split. Holds at most one frame plus what was appended last.
class Decoder {
 public:
  void append(std::span<const std::uint8_t> bytes);
  /// The next complete message; nullopt when more bytes are needed or the stream is broken (see error()).
  std::optional<Message> next();
  /// Not none once the stream is broken; it stays broken.
  [[nodiscard]] DecodeError error() const { return error_; }

 private:
  std::vector<std::uint8_t> buffer_;
  std::size_t consumed_ = 0;
  DecodeError error_ = DecodeError::none;
};

}  // namespace tandem::wire
