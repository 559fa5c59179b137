#include "common/config/parse.hpp"
#include "common/config/reader.hpp"

namespace tandem::config {

CertificateConfig parse_certificate(const Place& place, Diagnostics& mistakes) {
  CertificateConfig certificate;
  ObjectReader reader(place, certificate_object, mistakes);
  reader.read("name", certificate.name);
  reader.read("cert_file", certificate.cert_file);
  reader.read("key_file", certificate.key_file);
  return certificate;
}

}  // namespace tandem::config
