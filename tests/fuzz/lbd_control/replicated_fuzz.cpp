// What the peer puts into the tables is understood or refused: "KEY\nVALUE" for each kind of entry.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/assert.hpp"
#include "lbd/control/cookie_key_ring.hpp"
#include "lbd/control/override_codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem::lbd;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = text.find('\n');
  const std::string_view key = text.substr(0, line);
  const std::string_view value = line == std::string_view::npos ? std::string_view() : text.substr(line + 1);
  if (const auto name = parse_override_key(key)) TANDEM_ASSERT(override_key(name->first, name->second) == key);
  if (const auto override = decode_override(value)) {
    TANDEM_ASSERT(decode_override(encode_override(*override)) == override);
  }
  if (const auto rotated = decode_rotated_key(key, value)) {
    const auto again = decode_rotated_key(rotated_key_name(rotated->key.id), encode_rotated_key(*rotated));
    TANDEM_ASSERT(again && again->key.key == rotated->key.key && again->created == rotated->created);
  }
  return 0;
}
