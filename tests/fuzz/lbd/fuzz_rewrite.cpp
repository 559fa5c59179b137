// A request, rewritten and parsed again: the same method, query, authority and framing, no hop-by-hop
// field of the client's, and rewriting the result once more changes nothing but our own lines.
#include <array>

#include "tests/fuzz/lbd/fuzz_support.hpp"

using namespace tandem::lbd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  http1::RequestContext context{"192.0.2.9"};
  context.trusted_client = (data[0] & 1) != 0;
  context.allow_upgrade = (data[0] & 2) != 0;
  context.forward_expect = (data[0] & 4) != 0;
  context.close = (data[0] & 8) != 0;
  context.default_host = "lb";
  const std::string_view bytes = fuzz::text(data + 1, size - 1);

  std::array<http1::Field, 100> storage;
  http1::HeadProgress progress;
  http1::RequestHead head;
  if (http1::parse_request_head(bytes, {}, storage, progress, head).state != http1::HeadState::complete) return 0;
  std::array<http1::Piece, http1::usual_pieces> pieces;
  std::array<char, http1::usual_scratch> scratch;
  http1::HeadWriter writer(pieces, scratch);
  if (!http1::write_request_head(head, context, writer)) return 0;
  const std::string forwarded = fuzz::join(writer.pieces());

  std::array<http1::Field, 110> storage_again;
  http1::HeadProgress progress_again;
  http1::RequestHead again;
  const auto second =
      http1::parse_request_head(forwarded, {UINT32_MAX}, storage_again, progress_again, again);
  fuzz::require(second.state == http1::HeadState::complete && again.size == forwarded.size());
  fuzz::require(again.method == head.method && again.framing == head.framing);
  fuzz::require(again.text(again.method_text) == head.text(head.method_text));
  fuzz::require(again.text(again.query) == head.text(head.query));
  fuzz::require(again.text(again.authority) ==
                (head.authority.size != 0 ? head.text(head.authority) : context.default_host));
  fuzz::require(again.upgrade == (head.upgrade && context.allow_upgrade));
  fuzz::require(again.form != http1::TargetForm::absolute && again.minor_version == 1);
  fuzz::require(!again.present.has_any(http1::FieldSet(
      http1::FieldId::keep_alive, http1::FieldId::proxy_connection, http1::FieldId::proxy_authorization,
      http1::FieldId::http2_settings)));
  if (!context.trusted_client) {
    fuzz::require(again.value(*again.find(http1::FieldId::x_forwarded_for)) == context.client_address);
  }
  return 0;
}
