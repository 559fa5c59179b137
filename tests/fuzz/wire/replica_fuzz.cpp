// The replication codec against any bytes: no crash, bounded results, and whatever decodes encodes to
// something that decodes to the same.
#include <cstdlib>

#include "common/wire/replica.hpp"

using namespace tandem::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Decoder decoder;
  const std::size_t split = size > 0 ? data[0] % size : 0;  // the stream arrives in two pieces
  for (const auto part : {std::span(data, split), std::span(data + split, size - split)}) {
    decoder.append(part);
    while (const auto message = decoder.next()) {
      std::vector<std::uint8_t> bytes;
      encode(*message, bytes);
      Decoder again;
      again.append(bytes);
      const auto copy = again.next();
      if (!copy || !(*copy == *message)) std::abort();
    }
  }
  return 0;
}
