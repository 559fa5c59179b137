// The files of `lbctl init`: the configuration and the cluster key.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace tandem::ctl {

/// Who may use a file, for people and for commands: "0640", "root", "tandem-daemons".
struct FileOwner {
  std::string mode;
  std::string owner;
  std::string group;
};

/// Mode and owner of an existing file; names are numbers where the system has no name.
Result<FileOwner> owner_of(const std::string& path);

struct KeyOutcome {
  bool made = false;  // false: one was there and is good
  FileOwner owner;
};

/// A cluster key at `path`: keeps a good one, refuses a file that is none, else makes one from the system's random
/// generator. Mode 0640 with the daemons' group, if that exists and we are root, else 0600.
Result<KeyOutcome> ensure_key(const std::string& path);

/// What stands in the way of writing the configuration at `path`.
enum class Obstacle { none, packaged, foreign };

/// packaged: the file is, byte for byte, the one that the package installs, so nobody wrote it.
Result<Obstacle> look_for_obstacle(const std::string& path);

/// Writes the file at once and whole (mode 0644), never a part of it. A file that is there stays as PATH.old if
/// `keep_old`, else it is replaced. A missing directory is made, its parents are not.
Result<> write_config(const std::string& path, std::string_view text, bool keep_old);

/// The configuration that the package installs (generated from packaging/tandem.json).
extern const std::string_view packaged_config;

}  // namespace tandem::ctl
