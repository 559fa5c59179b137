// A response head, parsed, rewritten for the client and parsed again: status, framing and fields hold.
#include <array>

#include "tests/fuzz/lbd/fuzz_support.hpp"

using namespace tandem::lbd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  http1::ResponseContext context;
  context.to_head = (data[0] & 1) != 0;
  context.client_http10 = (data[0] & 2) != 0;
  context.client_keep_alive = (data[0] & 4) != 0;
  context.close = (data[0] & 8) != 0;
  const std::string_view bytes = fuzz::text(data + 1, size - 1);

  std::array<http1::Field, 100> storage;
  http1::HeadProgress progress;
  http1::ResponseHead head;
  const auto result = http1::parse_response_head(bytes, {}, storage, context.to_head, progress, head);
  if (result.state != http1::HeadState::complete) return 0;
  fuzz::check_head(head, bytes.size());
  fuzz::require(head.status >= 100 && head.status <= 599);

  std::array<http1::Piece, http1::usual_pieces> pieces;
  std::array<char, http1::usual_scratch> scratch;
  http1::HeadWriter writer(pieces, scratch);
  if (!http1::write_response_head(head, context, writer)) return 0;
  const std::string forwarded = fuzz::join(writer.pieces());

  std::array<http1::Field, 110> storage_again;
  http1::HeadProgress progress_again;
  http1::ResponseHead again;
  const auto second = http1::parse_response_head(forwarded, {UINT32_MAX}, storage_again, context.to_head,
                                                 progress_again, again);
  fuzz::require(second.state == http1::HeadState::complete && again.size == forwarded.size());
  fuzz::require(again.status == head.status);
  fuzz::require(again.framing == http1::client_framing(head, context.client_http10));
  fuzz::require(again.upgrade == head.upgrade);
  return 0;
}
