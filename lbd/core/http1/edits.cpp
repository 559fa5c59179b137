#include "lbd/core/http1/edits.hpp"

#include <algorithm>

#include "lbd/core/http1/authority.hpp"
#include "lbd/core/http1/char_class.hpp"

namespace tandem::lbd::http1 {
namespace {

/// Written by the proxy for each connection; an edit of them could only break the message.
constexpr FieldSet proxy_owned(FieldId::connection, FieldId::content_length, FieldId::expect,
                               FieldId::keep_alive, FieldId::proxy_connection, FieldId::te,
                               FieldId::trailer, FieldId::transfer_encoding, FieldId::upgrade);

enum class Verb : std::uint8_t { remove, set, add };

Result<> check_name(const std::string& name, Verb verb) {
  const bool token = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return detail::is(c, detail::token_char);
  });
  if (!token) return Error{"\"" + name + "\" is not a header name"};
  const FieldId id = recognise_field(name);
  if (proxy_owned.has(id)) {
    return Error{"header " + name + " cannot be edited: the proxy writes it for each connection"};
  }
  if (id == FieldId::host && verb != Verb::set) {
    return Error{"header Host can only be set: a request has exactly one"};
  }
  return {};
}

Result<> check_line(const std::string& name, const std::string& value, Verb verb) {
  if (Result<> checked = check_name(name, verb); !checked) return checked;
  const bool clean = std::all_of(value.begin(), value.end(), [](char c) {
    return detail::is(c, detail::value_char);
  });
  if (!clean) return Error{"the value of header " + name + " holds a control character"};
  if (recognise_field(name) == FieldId::host && !detail::valid_authority(value, value.data())) {
    return Error{"header Host: \"" + value + "\" is not a host with an optional port"};
  }
  return {};
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), detail::to_lower);
  return text;
}

}  // namespace

Result<CompiledEdits> CompiledEdits::compile(const config::HeaderEdits& edits) {
  CompiledEdits compiled;
  const auto add_removal = [&compiled](const std::string& name) {
    const FieldId id = recognise_field(name);
    if (id == FieldId::other) {
      compiled.removals_.push_back(lower(name));
    } else {
      compiled.removed_ids_.add(id);
    }
  };
  for (const std::string& name : edits.remove) {
    if (Result<> checked = check_name(name, Verb::remove); !checked) return checked.error();
    add_removal(name);
  }
  for (const auto& [name, value] : edits.set) {
    if (Result<> checked = check_line(name, value, Verb::set); !checked) return checked.error();
    const auto same = [&wanted = name](const auto& other) { return equal_no_case(other.first, wanted); };
    if (std::count_if(edits.set.begin(), edits.set.end(), same) > 1) {
      return Error{"header " + name + " is set twice"};
    }
    add_removal(name);
    compiled.lines_ += name + ": " + value + "\r\n";
  }
  for (const auto& [name, value] : edits.add) {
    if (Result<> checked = check_line(name, value, Verb::add); !checked) return checked.error();
    compiled.lines_ += name + ": " + value + "\r\n";
  }
  return compiled;
}

bool CompiledEdits::removes_other(std::string_view name) const noexcept {
  for (const std::string& removal : removals_) {
    if (equal_no_case(name, removal)) return true;
  }
  return false;
}

}  // namespace tandem::lbd::http1
