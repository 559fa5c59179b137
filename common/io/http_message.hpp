// What one exchange on a control socket consists of, as values.
#pragma once

#include <string>
#include <string_view>

namespace tandem::io {

struct HttpRequest {
  std::string method;
  std::string path;   // without query
  std::string query;  // after '?', undecoded
  std::string body;
};

struct HttpResponse {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
};

/// {"error": message, "hint": hint} with the given status. Bytes that are not UTF-8 are replaced.
HttpResponse http_error(int status, std::string_view message, std::string_view hint = {});

}  // namespace tandem::io
