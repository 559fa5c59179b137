// The few rules of HTTP syntax that a configuration can break.
#pragma once

#include <string_view>

namespace tandem::config {

/// RFC 9110 section 5.6.2: what header names, methods and cookie names are made of.
bool is_token(std::string_view text);

/// RFC 9110 section 5.5: no control characters except tab, no blanks at the ends. In particular
/// no CR, LF or NUL, which would end the field and start another one.
bool is_field_value(std::string_view text);

/// A path, perhaps with a query, as it may stand in a request line: begins with /, no blanks.
bool is_path(std::string_view text);

/// Equal as header names are: ASCII letters without case.
bool same_field_name(std::string_view a, std::string_view b);

/// Why an operator may not edit this header, or empty if he may. Framing and hop-by-hop headers
/// are written by lbd itself: editing them would break messages or smuggle requests.
std::string_view edit_refusal(std::string_view field_name);

}  // namespace tandem::config
