#include "lbctl/doctor/identity.hpp"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>

#include "common/crypto/crypto.hpp"
#include "lbctl/render/field.hpp"

namespace tandem::ctl {
namespace {

using Json = nlohmann::ordered_json;

std::string derived(std::span<const std::uint8_t> secret, std::string_view use) {
  std::array<std::uint8_t, 8> out{};
  if (!crypto::hkdf_sha256(secret, {}, use, out)) return {};
  std::string text;
  for (const std::uint8_t byte : out) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace

nlohmann::ordered_json identity_json(const Identity& identity) {
  Json adverts = Json::object();
  for (const auto& [name, sample] : identity.adverts) {
    adverts[name] = {{"sent", sample.sent}, {"received", sample.received}, {"refused", sample.refused}};
  }
  return {{"node", identity.node},
          {"version", identity.version},
          {"config_digest", identity.config_digest},
          {"key_fingerprint", identity.key_fingerprint},
          {"virtual_addresses", identity.vips},
          {"adverts", std::move(adverts)}};
}

Result<Identity> parse_identity(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  const Json& object = member(json, "identity");
  if (!object.is_object()) return Error{"this is not what `lbctl doctor --json` prints on the peer"};
  Identity identity{.node = text_field(object, "node", ""),
                    .version = text_field(object, "version", ""),
                    .config_digest = text_field(object, "config_digest", ""),
                    .key_fingerprint = text_field(object, "key_fingerprint", ""),
                    .vips = {},
                    .adverts = {}};
  const Json& vips = member(object, "virtual_addresses");
  if (vips.is_object()) {
    for (const auto& [name, state] : vips.items()) {
      if (state.is_string()) identity.vips[name] = state.get<std::string>();
    }
  }
  const Json& adverts = member(object, "adverts");
  if (adverts.is_object()) {
    for (const auto& [name, sample] : adverts.items()) {
      identity.adverts[name] = {.sent = number_field(sample, "sent"),
                                .received = number_field(sample, "received"),
                                .refused = number_field(sample, "refused")};
    }
  }
  return identity;
}

std::string file_digest(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return {};
  const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  return derived(bytes, "tandem doctor configuration");
}

std::string key_fingerprint(const std::string& path) {
  const auto key = crypto::load_cluster_key(path);
  return key ? derived(key->key, "tandem doctor fingerprint") : std::string();
}

}  // namespace tandem::ctl
