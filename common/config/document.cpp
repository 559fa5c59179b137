#include "common/config/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

#include "common/base/assert.hpp"
#include "common/config/diagnostics.hpp"
#include "common/config/syntax_error.hpp"

namespace tandem::config {
namespace {

using Json = nlohmann::json;

/// Reads the text for the JSON parser and tells everyone how far it has come.
class TrackingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TrackingIterator(const char* at, std::size_t* read) : at_(at), read_(read) {}
  reference operator*() const { return *at_; }
  TrackingIterator& operator++() {
    ++at_;
    ++*read_;
    return *this;
  }
  TrackingIterator operator++(int) {
    TrackingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const TrackingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const TrackingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  std::size_t* read_;
};

/// Builds the tree from the parser's events. Each event comes right after its token was read
/// (for numbers: one byte later), so the token's start is found backwards from there.
class TreeBuilder final : public nlohmann::json_sax<Json> {
 public:
  TreeBuilder(const SourceText& source, Diagnostics& mistakes)
      : source_(source), mistakes_(mistakes) {}

  /// Where the parser is; for the TrackingIterator.
  std::size_t* read_bytes() { return &read_; }
  Node take_root() { return std::move(root_); }

  bool null() override { return add(Node::Kind::null, read_ - 4) != nullptr; }
  bool boolean(bool value) override {
    Node* node = add(Node::Kind::boolean, read_ - (value ? 4U : 5U));
    if (node != nullptr) node->boolean = value;
    return node != nullptr;
  }
  bool number_integer(number_integer_t value) override { return add_integer(value); }
  bool number_unsigned(number_unsigned_t value) override {
    constexpr auto largest = std::numeric_limits<std::int64_t>::max();
    return add_integer(value > static_cast<number_unsigned_t>(largest)
                           ? largest
                           : static_cast<std::int64_t>(value));
  }
  bool number_float(number_float_t, const string_t&) override {
    return add(Node::Kind::real, source_.number_start(read_)) != nullptr;
  }
  bool string(string_t& value) override {
    Node* node = add(Node::Kind::string, source_.string_start(read_));
    if (node != nullptr) node->text = std::move(value);
    return node != nullptr;
  }
  bool binary(binary_t&) override { return false; }  // never in text

  bool start_object(std::size_t) override { return open(Node::Kind::object); }
  bool start_array(std::size_t) override { return open(Node::Kind::array); }
  bool key(string_t& value) override {
    Member member;
    member.key = std::move(value);
    member.position = source_.position(source_.string_start(read_));
    open_.back()->members.push_back(std::move(member));
    return true;
  }
  bool end_array() override {
    open_.pop_back();
    return true;
  }
  bool end_object() override {
    report_duplicate_keys();
    open_.pop_back();
    return true;
  }
  bool parse_error(std::size_t read, const std::string&, const Json::exception& error) override {
    const SyntaxError explained = explain_syntax_error(error.what(), source_, read);
    mistakes_.add(source_.position(explained.offset), "", explained.message, explained.hint);
    return false;
  }

 private:
  Node* add(Node::Kind kind, std::size_t start) {
    if (++values_ > max_document_values) {
      mistakes_.add(source_.position(start), "",
                    fmt::format("more than {} values in one file", max_document_values));
      return nullptr;
    }
    Node* node = next_slot();
    node->kind = kind;
    node->position = source_.position(start);
    return node;
  }
  /// The place of the next value. Pointers to open containers stay valid: only the innermost
  /// one grows, and the containers around it hold still until it is closed.
  Node* next_slot() {
    if (open_.empty()) return &root_;
    Node& parent = *open_.back();
    if (parent.kind == Node::Kind::object) return &parent.members.back().value;
    return &parent.items.emplace_back();
  }
  bool add_integer(std::int64_t value) {
    Node* node = add(Node::Kind::integer, source_.number_start(read_));
    if (node != nullptr) node->integer = value;
    return node != nullptr;
  }
  bool open(Node::Kind kind) {
    if (open_.size() == max_document_depth) {
      mistakes_.add(source_.position(read_ - 1), "",
                    fmt::format("nested deeper than {} levels", max_document_depth));
      return false;
    }
    Node* node = add(kind, read_ - 1);
    if (node != nullptr) open_.push_back(node);
    return node != nullptr;
  }
  void report_duplicate_keys() {
    const std::vector<Member>& members = open_.back()->members;
    std::vector<const Member*> sorted;
    sorted.reserve(members.size());
    for (const Member& member : members) sorted.push_back(&member);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Member* a, const Member* b) { return a->key < b->key; });
    const Member* first = nullptr;
    for (const Member* member : sorted) {
      if (first == nullptr || first->key != member->key) {
        first = member;
        continue;
      }
      mistakes_.add(member->position, open_path() + member->key,
                    fmt::format("the key {} stands twice in this object", quote(member->key)),
                    fmt::format("first at line {}", first->position.line));
    }
  }
  /// "listeners[2]." for the innermost open container, "" at the top.
  [[nodiscard]] std::string open_path() const {
    std::string path;
    for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
      const Node& node = *open_[i];
      if (node.kind == Node::Kind::array) {
        if (!path.empty()) path.pop_back();
        path += fmt::format("[{}].", node.items.size() - 1);
      } else {
        path += node.members.back().key + ".";
      }
    }
    return path;
  }

  const SourceText& source_;
  Diagnostics& mistakes_;
  std::size_t read_ = 0;
  std::size_t values_ = 0;
  Node root_;
  std::vector<Node*> open_;
};

}  // namespace

std::optional<Node> parse_document(std::string_view text, Diagnostics& mistakes) {
  if (text.size() > max_document_bytes) {
    mistakes.add({}, "", fmt::format("larger than {} MiB", max_document_bytes >> 20U));
    return std::nullopt;
  }
  const SourceText source(text);
  // The JSON parser takes a NUL for the end of the text and would skip what follows.
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    mistakes.add(source.position(nul), "", "a NUL byte; this is not a text file");
    return std::nullopt;
  }
  TreeBuilder builder(source, mistakes);
  const TrackingIterator first(text.data(), builder.read_bytes());
  const TrackingIterator last(text.data() + text.size(), nullptr);
  constexpr bool whole_text = true;
  constexpr bool with_comments = true;
  if (!Json::sax_parse(first, last, &builder, Json::input_format_t::json, whole_text,
                       with_comments)) {
    TANDEM_ASSERT(!mistakes.empty());
    return std::nullopt;
  }
  return builder.take_root();
}

}  // namespace tandem::config
