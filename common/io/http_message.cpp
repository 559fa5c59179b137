#include "common/io/http_message.hpp"

#include <nlohmann/json.hpp>

namespace tandem::io {

HttpResponse http_error(int status, std::string_view message, std::string_view hint) {
  using Json = nlohmann::ordered_json;
  const Json body = {{"error", message}, {"hint", hint}};
  return {.status = status, .body = body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"};
}

}  // namespace tandem::io
