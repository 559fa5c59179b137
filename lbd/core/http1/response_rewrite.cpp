#include "lbd/core/http1/rewrite_common.hpp"

namespace tandem::lbd::http1 {
namespace {

/// "HTTP/1.1 200 " and anything: what we would write ourselves. Returns the offset from where the
/// original's lines go on.
std::uint32_t write_status_line(const ResponseHead& head, HeadWriter& writer) noexcept {
  constexpr std::uint32_t before_reason = 13;
  if (head.minor_version == 1 && head.reason.offset == head.start + before_reason) return head.start;
  writer.put("HTTP/1.1 ");
  writer.put_number(head.status);
  writer.put(" ");
  if (head.reason.size != 0) writer.keep(head.base + head.reason.offset, head.reason.size);
  writer.put("\r\n");
  return head.fields_begin;
}

void write_framing(const ResponseHead& head, const Framing& framing, bool to_head,
                   HeadWriter& writer) noexcept {
  switch (framing.kind) {
    case BodyKind::chunked:
      writer.put("Transfer-Encoding: chunked\r\n");
      break;
    case BodyKind::length:
      detail::put_content_length(writer, framing.length);
      break;
    case BodyKind::none:
      // What a GET would have got; 1xx and 204 must not say it (RFC 9110 section 8.6).
      if (head.has_content_length && (to_head || head.status == 304) && head.status != 204) {
        detail::put_content_length(writer, head.content_length);
      }
      break;
    case BodyKind::until_close:
      break;
  }
}

void write_connection(const ResponseContext& context, const Framing& framing,
                      HeadWriter& writer) noexcept {
  if (context.close || !context.client_keep_alive || framing.kind == BodyKind::until_close) {
    writer.put("Connection: close\r\n");
  } else if (context.client_http10) {
    writer.put("Connection: keep-alive\r\n");
  }
}

}  // namespace

Framing client_framing(const ResponseHead& head, bool client_http10) noexcept {
  if (client_http10) {
    return head.framing.kind == BodyKind::chunked ? Framing{BodyKind::until_close, 0} : head.framing;
  }
  return head.framing.kind == BodyKind::until_close ? Framing{BodyKind::chunked, 0} : head.framing;
}

bool write_response_head(const ResponseHead& head, const ResponseContext& context,
                         HeadWriter& writer) noexcept {
  const CompiledEdits* edits =
      context.edits != nullptr && !context.edits->empty() ? context.edits : nullptr;
  const FieldSet edited = edits != nullptr ? edits->removed_ids() : FieldSet{};
  const Framing framing = client_framing(head, context.client_http10);
  FieldSet ids = detail::hop_by_hop | edited;
  if (head.upgrade) ids.remove(FieldId::upgrade);
  if (framing.kind != BodyKind::chunked) ids.add(FieldId::trailer);

  detail::Removals removals(ids, edits);
  if (head.connection_names && !removals.add_named_by_connection(head)) return false;
  detail::keep_lines(head, write_status_line(head, writer), removals, writer);
  if (head.upgrade) {
    writer.put("Connection: upgrade\r\n");
  } else if (!head.is_interim()) {
    write_framing(head, framing, context.to_head, writer);
    write_connection(context, framing, writer);
  }
  if (!edited.has(FieldId::via)) {
    writer.put("Via: ", std::string_view(head.minor_version == 1 ? "1.1" : "1.0"), " tandem\r\n");
  }
  writer.put(context.set_cookie_line, edits != nullptr ? edits->lines() : std::string_view{}, "\r\n");
  writer.flush();
  return !writer.overflowed();
}

}  // namespace tandem::lbd::http1
