#include "common/config/load.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/base/result.hpp"
#include "common/config/diagnostics.hpp"
#include "common/config/document.hpp"
#include "common/config/parse.hpp"
#include "common/config/unsupported.hpp"
#include "common/config/validate.hpp"

namespace tandem::config {
namespace {

void sort_rules(Config& config) {
  for (ListenerConfig& listener : config.listeners) {
    std::stable_sort(
        listener.rules.begin(), listener.rules.end(),
        [](const RuleConfig& a, const RuleConfig& b) { return a.priority < b.priority; });
  }
}

/// At most one byte more than a document may have, which is enough to see that it is too large.
Result<std::string> read_text(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno_error("cannot open the file", errno);
  std::string text;
  std::size_t used = 0;
  while (used <= max_document_bytes) {
    text.resize(std::min(std::max<std::size_t>(used * 2, 65536), max_document_bytes + 1));
    const ssize_t count = ::read(fd, text.data() + used, text.size() - used);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int saved = errno;
      ::close(fd);
      return errno_error("cannot read the file", saved);
    }
    if (count == 0) break;
    used += static_cast<std::size_t>(count);
  }
  ::close(fd);
  text.resize(used);
  return text;
}

}  // namespace

LoadOutcome load(std::string_view text, std::string_view file) {
  LoadOutcome outcome;
  Diagnostics mistakes(file);
  Diagnostics unsupported(file);
  const std::optional<Node> document = parse_document(text, mistakes);
  if (document) {
    const Place root(*document);
    outcome.config = parse_config(root, mistakes);
    validate(outcome.config, root, mistakes);
    find_unsupported(outcome.config, root, unsupported);
    sort_rules(outcome.config);
  }
  outcome.diagnostics = mistakes.take();
  outcome.unsupported = unsupported.take();
  return outcome;
}

LoadOutcome load_file(const std::string& path) {
  const Result<std::string> text = read_text(path);
  if (text) return load(*text, path);
  LoadOutcome outcome;
  outcome.diagnostics.push_back({path, 1, 1, "", text.error().message, ""});
  return outcome;
}

}  // namespace tandem::config
