#include "lbd/core/http1/rewrite_common.hpp"

namespace tandem::lbd::http1 {
namespace {

/// One request on its way to a backend.
class RequestWriter {
 public:
  RequestWriter(const RequestHead& head, const RequestContext& context, HeadWriter& writer)
      : head_(head), context_(context), writer_(writer),
        edits_(context.edits != nullptr && !context.edits->empty() ? context.edits : nullptr),
        tunnel_(head.upgrade && context.allow_upgrade) {
    if (edits_ != nullptr) edited_ = edits_->removed_ids();
    decide_host();
  }

  bool write() noexcept {
    detail::Removals removals(removed_ids(), edits_);
    if (head_.connection_names && !removals.add_named_by_connection(head_)) return false;
    detail::keep_lines(head_, write_start_line(), removals, writer_);
    write_host();
    write_framing();
    write_connection();
    if (edits_ == nullptr && !context_.trusted_client && head_.authority.size != 0) {
      write_usual_end();
    } else {
      write_forwarded();
      if (!edited_.has(FieldId::via)) writer_.put("Via: ", version(), " tandem\r\n");
      if (edits_ != nullptr) writer_.put(edits_->lines());
      writer_.put("\r\n");
    }
    writer_.flush();
    return !writer_.overflowed();
  }

 private:
  void decide_host() noexcept {
    if (edited_.has(FieldId::host)) return;
    const Field* host = head_.find(FieldId::host);
    own_host_ = host == nullptr || (head_.form == TargetForm::absolute &&
                                    head_.value(*host) != head_.text(head_.authority));
  }

  [[nodiscard]] FieldSet removed_ids() const noexcept {
    FieldSet ids = detail::hop_by_hop | edited_;
    ids.add(FieldId::x_forwarded_for);
    if (!context_.trusted_client) {
      ids = ids | FieldSet(FieldId::forwarded, FieldId::x_forwarded_host, FieldId::x_forwarded_proto);
    }
    if (tunnel_) ids.remove(FieldId::upgrade);
    if (own_host_) ids.add(FieldId::host);
    if (!context_.forward_expect || !head_.expect_continue) ids.add(FieldId::expect);
    return ids;
  }

  /// Returns the offset from where the original's lines go on.
  std::uint32_t write_start_line() noexcept {
    if (head_.minor_version == 1 && head_.form != TargetForm::absolute) return head_.start;
    writer_.keep(head_.base + head_.method_text.offset, head_.method_text.size + 1);  // and the blank
    if (head_.form == TargetForm::absolute) {
      write_origin_target();
    } else {
      writer_.keep(head_.base + head_.target.offset, head_.target.size);
    }
    writer_.put(" HTTP/1.1\r\n");
    return head_.fields_begin;
  }

  /// RFC 9112 section 3.2.1: an absolute target without a path is "/", for OPTIONS "*" (3.2.4).
  void write_origin_target() noexcept {
    const std::uint32_t rest = head_.target.end() - head_.path.offset;  // path, '?', query
    if (head_.path.size == 0) {
      writer_.put(head_.method == Method::options && rest == 0 ? "*" : "/");
    }
    if (rest != 0) writer_.keep(head_.base + head_.path.offset, rest);
  }

  void write_host() noexcept {
    if (!own_host_) return;
    const bool known = head_.authority.size != 0;
    writer_.put("Host: ", known ? head_.text(head_.authority) : context_.default_host, "\r\n");
  }

  void write_framing() noexcept {
    if (head_.framing.kind == BodyKind::chunked) {
      writer_.put("Transfer-Encoding: chunked\r\n");
    } else if (head_.framing.kind == BodyKind::length) {
      detail::put_content_length(writer_, head_.framing.length);
    }
  }

  void write_connection() noexcept {
    if (tunnel_) {
      writer_.put("Connection: upgrade\r\n");
    } else if (head_.te_trailers) {  // TE must be named in Connection: RFC 9110 section 10.1.4
      writer_.put(context_.close ? "Connection: close, TE\r\nTE: trailers\r\n"
                                 : "Connection: TE\r\nTE: trailers\r\n");
    } else if (context_.close) {
      writer_.put("Connection: close\r\n");
    }
  }

  /// Of the message as we received it (RFC 9110 section 7.6.3).
  [[nodiscard]] std::string_view version() const noexcept { return head_.minor_version == 1 ? "1.1" : "1.0"; }

  /// What write_forwarded() and Via come to for most requests, in one go.
  void write_usual_end() noexcept {
    writer_.put("X-Forwarded-For: ", context_.client_address, "\r\nX-Forwarded-Proto: ", context_.scheme,
                "\r\nX-Forwarded-Host: ", head_.text(head_.authority), "\r\nVia: ", version(),
                " tandem\r\n\r\n");
  }

  void write_forwarded() noexcept {
    if (!edited_.has(FieldId::x_forwarded_for)) {
      writer_.put("X-Forwarded-For: ");
      if (context_.trusted_client) write_earlier_hops();
      writer_.put(context_.client_address, "\r\n");
    }
    if (writes_own(FieldId::x_forwarded_proto)) {
      writer_.put("X-Forwarded-Proto: ", context_.scheme, "\r\n");
    }
    if (head_.authority.size != 0 && writes_own(FieldId::x_forwarded_host)) {
      writer_.put("X-Forwarded-Host: ", head_.text(head_.authority), "\r\n");
    }
  }

  [[nodiscard]] bool writes_own(FieldId id) const noexcept {
    if (edited_.has(id)) return false;
    return !context_.trusted_client || !head_.present.has(id);
  }

  /// One line with all hops: many backends look only at the first one.
  void write_earlier_hops() noexcept {
    if (!head_.present.has(FieldId::x_forwarded_for)) return;
    for (const Field& field : head_.fields) {
      if (field.id != FieldId::x_forwarded_for || field.value_size == 0) continue;
      writer_.keep(head_.base + field.value_offset, field.value_size);
      writer_.put(", ");
    }
  }

  const RequestHead& head_;
  const RequestContext& context_;
  HeadWriter& writer_;
  const CompiledEdits* edits_;
  FieldSet edited_;        // recognised names that the edits remove or set
  bool tunnel_;
  bool own_host_ = false;  // the Host line is ours
};

}  // namespace

bool write_request_head(const RequestHead& head, const RequestContext& context,
                        HeadWriter& writer) noexcept {
  return RequestWriter(head, context, writer).write();
}

}  // namespace tandem::lbd::http1
