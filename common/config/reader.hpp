// Typed reading of one JSON object against its table, collecting every mistake.
//
// A value that is absent or wrong leaves its target as it was, that is at the model's default;
// parsing always goes on, so that all mistakes of a file are reported at once.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "common/base/inet.hpp"
#include "common/base/time.hpp"
#include "common/config/diagnostics.hpp"
#include "common/config/place.hpp"
#include "common/config/schema.hpp"

namespace tandem::config {

// Each of these checks one existing value against `spec` and stores it, or reports it and
// leaves `out` alone.
void read_value(const Place&, const KeySpec& spec, Diagnostics&, bool& out);
void read_value(const Place&, const KeySpec& spec, Diagnostics&, std::int64_t& out);
void read_value(const Place&, const KeySpec& spec, Diagnostics&, std::string& out);
void read_value(const Place&, const KeySpec& spec, Diagnostics&, Duration& out);
void read_value(const Place&, const KeySpec& spec, Diagnostics&, IpAddress& out);
/// listen_address: nullopt is "*".
void read_value(const Place&, const KeySpec& spec, Diagnostics&, std::optional<IpAddress>& out);
/// endpoint; host, whose port is 0 if it has none.
void read_value(const Place&, const KeySpec& spec, Diagnostics&, Endpoint& out);
void read_value(const Place&, const KeySpec& spec, Diagnostics&, Prefix& out);
void read_value(const Place&, const KeySpec& spec, Diagnostics&, std::vector<StatusRange>& out);

/// The spec's range is what keeps the number within the narrower type.
template <class Integer,
          class = std::enable_if_t<std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>>>
void read_value(const Place& place, const KeySpec& spec, Diagnostics& mistakes, Integer& out) {
  std::int64_t number = out;
  read_value(place, spec, mistakes, number);
  out = static_cast<Integer>(number);
}

/// Reads one object. Every key of its table must be asked for before the reader goes out of
/// scope: a key that is known but never read would be silently ignored. Borrows everything.
class ObjectReader {
 public:
  /// Reports a value that is no object, unknown keys and missing ones.
  ObjectReader(const Place& place, const ObjectSpec& spec, Diagnostics& mistakes);
  ~ObjectReader();
  ObjectReader(const ObjectReader&) = delete;
  ObjectReader& operator=(const ObjectReader&) = delete;

  /// The place of `key`, for values that the caller reads by itself.
  Place take(std::string_view key) { return at(key).place; }

  template <class T>
  void read(std::string_view key, T& out) {
    const Entry entry = at(key);
    if (entry.place.exists()) read_value(entry.place, entry.spec, mistakes_, out);
  }
  /// Stays nullopt if the key is absent.
  template <class T>
  void read_optional(std::string_view key, std::optional<T>& out) {
    const Entry entry = at(key);
    if (!entry.place.exists()) return;
    out.emplace();
    read_value(entry.place, entry.spec, mistakes_, *out);
  }
  template <class Enum>
  void read_choice(std::string_view key, Enum& out) {
    const Entry entry = at(key);
    if (!entry.place.exists()) return;
    if (const auto index = choice_index(entry.place, entry.spec)) out = static_cast<Enum>(*index);
  }
  /// One T per item, also for wrong items: indices stay those of the document.
  template <class T>
  void read_list(std::string_view key, std::vector<T>& out) {
    const Entry entry = at(key);
    for (const Place& item : items(entry.place, entry.spec)) {
      read_value(item, entry.spec, mistakes_, out.emplace_back());
    }
  }
  /// `parse` reads an object of the key's kind.
  template <class T>
  void read_object(std::string_view key, T& out, T (*parse)(const Place&, Diagnostics&)) {
    const Entry entry = at(key);
    if (entry.place.exists()) out = parse(entry.place, mistakes_);
  }
  template <class T>
  void read_object(std::string_view key, std::optional<T>& out,
                   T (*parse)(const Place&, Diagnostics&)) {
    const Entry entry = at(key);
    if (entry.place.exists()) out = parse(entry.place, mistakes_);
  }
  template <class T>
  void read_objects(std::string_view key, std::vector<T>& out,
                    T (*parse)(const Place&, Diagnostics&)) {
    const Entry entry = at(key);
    for (const Place& item : items(entry.place, entry.spec)) out.push_back(parse(item, mistakes_));
  }

 private:
  struct Entry {
    const KeySpec& spec;
    Place place;
  };
  Entry at(std::string_view key);
  std::vector<Place> items(const Place& place, const KeySpec& spec);
  std::optional<std::size_t> choice_index(const Place& place, const KeySpec& spec);
  void report_unknown_keys();
  void report_missing_keys();

  const Place place_;
  const ObjectSpec& spec_;
  Diagnostics& mistakes_;
  std::uint64_t asked_ = 0;  // a bit per key of the table
};

}  // namespace tandem::config
