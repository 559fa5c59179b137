#include "tests/tools/support/options.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace tandem::tools {

void die(const std::string& sentence, int code) {
  std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, sentence.c_str());
  std::exit(code);
}

namespace {

void print_help(const std::string& about, const std::vector<Options::Known>& known) {
  std::printf("%s\n\nusage: %s [options]\n", about.c_str(), program_invocation_short_name);
  for (const auto& option : known) {
    const std::string shown = "--" + option.name + (option.flag ? "" : " VALUE");
    const std::string fallback = option.fallback.empty() ? "" : " (" + option.fallback + ")";
    std::printf("  %-26s %s%s\n", shown.c_str(), option.help.c_str(), fallback.c_str());
  }
}

}  // namespace

Options::Options(int argc, char** argv, const std::string& about, std::vector<Known> known) {
  std::map<std::string, bool> is_flag;
  for (const auto& option : known) {
    values_[option.name] = option.fallback;
    is_flag[option.name] = option.flag;
  }
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (word == "--help") {
      print_help(about, known);
      std::exit(0);
    }
    if (word.rfind("--", 0) != 0) die("unexpected word '" + word + "' (try --help)", 2);
    word.erase(0, 2);
    const auto equals = word.find('=');
    std::string name = word.substr(0, equals);
    if (values_.count(name) == 0) die("unknown option --" + name + " (try --help)", 2);
    given_[name] = true;
    if (is_flag[name]) {
      values_[name] = "yes";
    } else if (equals != std::string::npos) {
      values_[name] = word.substr(equals + 1);
    } else if (i + 1 < argc) {
      values_[name] = argv[++i];
    } else {
      die("--" + name + " needs a value", 2);
    }
  }
}

const std::string& Options::text(const std::string& name) const { return values_.at(name); }

bool Options::given(const std::string& name) const { return given_.count(name) != 0; }

std::uint64_t Options::number(const std::string& name) const {
  const std::string& text = values_.at(name);
  char* end = nullptr;
  errno = 0;
  const std::uint64_t value = std::strtoull(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || errno != 0) die("--" + name + " wants a number, got '" + text + "'", 2);
  return value;
}

Duration Options::duration(const std::string& name) const {
  const std::string& text = values_.at(name);
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const std::string unit = end;
  double scale = 0;
  if (unit.empty() || unit == "s") scale = 1e9;
  if (unit == "ms") scale = 1e6;
  if (unit == "us") scale = 1e3;
  if (unit == "m") scale = 60e9;
  if (end == text.c_str() || scale == 0 || value < 0) {
    die("--" + name + " wants a duration like 10s or 250ms, got '" + text + "'", 2);
  }
  return Duration(static_cast<std::int64_t>(value * scale));
}

}  // namespace tandem::tools
