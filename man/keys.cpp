// Writes tandem.json(5): the template given as argument, with the line @KEYS@ replaced by every key of the schema.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "common/config/manual.hpp"
#include "common/config/schema.hpp"

namespace {

using namespace tandem::config;

// Text of a line of mdoc, in which a backslash, and a dot or quote in front, mean something.
std::string text_line(std::string_view text) {
  std::string line;
  if (!text.empty() && (text.front() == '.' || text.front() == '\'')) line += "\\&";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      line += "\\e";
    } else if (text.substr(i).starts_with("…")) {
      line += "...";
      i += std::string_view("…").size() - 1;
    } else {
      line += text[i];
    }
  }
  return line;
}

// The same as one word of a macro.
std::string macro_word(std::string_view text) {
  std::string word = "\"\\&";
  for (const char c : text_line(text)) {
    if (c == '"') {
      word += "\\(dq";
    } else {
      word += c;
    }
  }
  return word + "\"";
}

std::string sentence(std::string_view text) {
  std::string line = text_line(text);
  if (!line.empty() && line.front() >= 'a' && line.front() <= 'z') line.front() = static_cast<char>(line.front() - 'a' + 'A');
  if (!line.empty() && line.back() != '.') line += ".";
  return line + "\n";
}

// Each on a line of its own, as mdoc wants it.
std::string sentences(std::string_view text) {
  std::string lines;
  while (!text.empty()) {
    const std::size_t end = text.find(". ");
    lines += text_line(text.substr(0, end == std::string_view::npos ? end : end + 1)) + "\n";
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  }
  return lines;
}

std::string type_sentence(const KeySpec& key, const std::string& below) {
  if (key.type == ValueType::object) {
    return fmt::format("{}, see\n.Sx {} .\n", key.list ? "A list of objects" : "An object", below);
  }
  const std::string one = describe(key);
  if (!key.list) return sentence(one);
  if (key.or_single) return sentence("a list, or one alone, of: " + one);
  return sentence("a list of: " + one);
}

std::string key_text(const ObjectSpec& object, const KeySpec& key, const std::string& below) {
  std::string text = fmt::format(".It Cm {}\n", macro_word(key.name));
  text += sentence(key.meaning) + type_sentence(key, below);
  if (key.required) text += "Required.\n";
  if (key.list && key.at_least > 0) text += fmt::format("At least {}.\n", key.at_least);
  const KeyManual* manual = manual_of(object, key.name);
  if (manual == nullptr) return text;
  if (!manual->default_value.empty()) text += fmt::format("Default:\n.Ql {} .\n", macro_word(manual->default_value));
  text += fmt::format("Example:\n.Ql {} .\n", macro_word(manual->example));
  return text + sentences(manual->notes);
}

// An object, and where in the file it may stand: "listeners[].rules[]".
struct Section {
  const ObjectSpec* object;
  std::vector<std::string> places;
};

std::string title(const Section& section) {
  return section.places.front().empty() ? "The file" : fmt::format("{}", fmt::join(section.places, ", "));
}

std::string child_place(const std::string& place, const KeySpec& key) {
  return (place.empty() ? "" : place + ".") + std::string(key.name) + (key.list ? "[]" : "");
}

void collect(const ObjectSpec& object, const std::string& place, std::vector<Section>& sections) {
  for (Section& section : sections) {
    if (section.object != &object) continue;
    section.places.push_back(place);
    return;
  }
  sections.push_back({&object, {place}});
  for (const KeySpec& key : object.keys) {
    if (key.object != nullptr) collect(*key.object, child_place(place, key), sections);
  }
}

const Section& section_of(const std::vector<Section>& sections, const ObjectSpec* object) {
  for (const Section& section : sections) {
    if (section.object == object) return section;
  }
  return sections.front();
}

std::string all_keys() {
  std::vector<Section> sections;
  collect(root_object, "", sections);
  std::string text;
  for (const Section& section : sections) {
    text += fmt::format(".Ss {}\n.Bl -tag -width Ds\n", title(section));
    for (const KeySpec& key : section.object->keys) {
      const std::string below = key.object != nullptr ? title(section_of(sections, key.object)) : "";
      text += key_text(*section.object, key, below);
    }
    text += ".El\n";
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  std::ifstream page(argc == 2 ? argv[1] : "");
  if (!page) {
    std::fputs("usage: tandem-manual TEMPLATE\n", stderr);
    return 2;
  }
  std::string line;
  while (std::getline(page, line)) std::fputs(line == "@KEYS@" ? all_keys().c_str() : (line + "\n").c_str(), stdout);
  return 0;
}
