// vrrpd.session: what must outlive a vrrpd so that no recorded advert is taken for a new one.
//
// One line: "1 SESSION HEARD-SESSION HEARD-COUNTER", format 1. Written at each start and each new session of the other node, and
// by the guard at the end. Losing it does no lasting harm: see doc/protocols/adverts.md.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/result.hpp"
#include "vrrpd/io/stamps.hpp"

namespace tandem::vrrp {

class SessionFile {
 public:
  explicit SessionFile(const std::string& directory) : path_(directory + "/vrrpd.session") {}

  /// Begins the next session, and writes it down. Without a good file the session is the wall clock's seconds: a
  /// number that is probably higher than the last one, and never compared with a clock. The error says that the
  /// session could not be written down; it has begun nevertheless.
  Result<> start(Stamps& stamps) const;
  /// Replaces the file at once.
  Result<> save(const Stamps& stamps) const;

 private:
  std::string path_;
};

}  // namespace tandem::vrrp
