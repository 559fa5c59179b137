// A chunked body at once and in pieces: the same payload, trailers and end. What was decoded, encoded
// again, decodes to the same.
#include <algorithm>
#include <array>

#include "lbd/core/http1/chunked.hpp"
#include "tests/fuzz/lbd/fuzz_support.hpp"

using namespace tandem::lbd;
using http1::ChunkedDecoder;

namespace {

struct Decoded {
  std::string payload;
  std::string trailers;
  http1::HeadError error = http1::HeadError::none;
  bool ended = false;
  std::size_t consumed = 0;
};

Decoded decode(std::string_view body, std::size_t piece) {
  Decoded decoded;
  ChunkedDecoder decoder;
  std::size_t available = 0;
  while (!decoded.ended && decoded.error == http1::HeadError::none && available < body.size()) {
    available = std::min(body.size(), available + piece);
    for (bool more = false; !more;) {
      const auto step = decoder.next(body.substr(decoded.consumed, available - decoded.consumed));
      decoded.consumed += step.consumed;
      fuzz::require(decoded.consumed <= available);
      switch (step.event) {
        case ChunkedDecoder::Event::data:
          fuzz::require(!step.text.empty());
          decoded.payload += step.text;
          break;
        case ChunkedDecoder::Event::trailer:
          fuzz::require(step.text.ends_with("\r\n"));
          decoded.trailers += step.text;
          break;
        case ChunkedDecoder::Event::end:
          decoded.ended = true;
          more = true;
          break;
        case ChunkedDecoder::Event::error:
          fuzz::require(step.error != http1::HeadError::none);
          decoded.error = step.error;
          more = true;
          break;
        case ChunkedDecoder::Event::need_more:
          more = true;
          break;
      }
    }
  }
  return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view body = fuzz::text(data + 1, size - 1);
  const Decoded whole = decode(body, body.size());
  const Decoded pieces = decode(body, data[0] % 16 + 1u);
  fuzz::require(whole.payload == pieces.payload && whole.trailers == pieces.trailers);
  fuzz::require(whole.error == pieces.error && whole.ended == pieces.ended);
  if (!whole.ended) return 0;
  fuzz::require(whole.consumed == pieces.consumed);

  std::string encoded;
  if (!whole.payload.empty()) {
    std::array<char, http1::max_chunk_header> header;
    encoded.append(header.data(), http1::write_chunk_header(header, whole.payload.size()));
    encoded += whole.payload;
    encoded += http1::chunk_tail;
  }
  encoded += http1::last_chunk;
  encoded += whole.trailers;
  encoded += http1::end_of_trailer;
  const Decoded again = decode(encoded, 7);
  fuzz::require(again.ended && again.payload == whole.payload && again.trailers == whole.trailers);
  return 0;
}
