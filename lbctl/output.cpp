#include "lbctl/output.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "lbctl/render/field.hpp"

namespace tandem::ctl {
namespace {

void write(std::FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

}  // namespace

void Output::text(std::string_view text) const { write(stdout, text); }

void Output::json(const nlohmann::ordered_json& document) const {
  write(stdout, document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

int Output::fail(ExitCode code, std::string_view error, std::string_view hint) const {
  if (json_) {
    json({{"error", error}, {"hint", hint}});
    return code;
  }
  std::string text = "lbctl: " + printable(error);
  if (!hint.empty()) text += " (" + printable(hint) + ")";
  write(stderr, text + "\n");
  return code;
}

void Output::notice(std::string_view text) const { write(stderr, "lbctl: " + printable(text) + "\n"); }

}  // namespace tandem::ctl
