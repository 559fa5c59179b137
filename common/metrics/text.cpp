#include "common/metrics/text.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace tandem::metrics {
namespace {

void append_escaped(std::string& text, std::string_view value, bool quotes) {
  for (const char c : value) {
    if (c == '\\') {
      text += "\\\\";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '"' && quotes) {
      text += "\\\"";
    } else {
      text += c;
    }
  }
}

template <class Number>
void append_number(std::string& text, Number value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  text.append(digits.data(), end);
}

void append_value(std::string& text, std::uint64_t value) { append_number(text, value); }

void append_value(std::string& text, double value) {
  if (std::isnan(value)) {
    text += "NaN";
  } else if (std::isinf(value)) {
    text += value > 0 ? "+Inf" : "-Inf";
  } else {
    append_number(text, value);
  }
}

// The nanoseconds as seconds, without the noise of a division: 0.00005, not 5e-05.
void append_seconds(std::string& text, Duration duration) {
  const auto nanoseconds = duration.count();
  append_number(text, nanoseconds / 1'000'000'000);
  std::string fraction = std::to_string(1'000'000'000 + nanoseconds % 1'000'000'000);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  fraction[0] = '.';
  if (fraction.size() > 1) text += fraction;
}

void append_labels(std::string& text, const Labels& labels) {
  char before = '{';
  for (const auto& [name, value] : labels) {
    text += before;
    text += name;
    text += "=\"";
    append_escaped(text, value, true);
    text += '"';
    before = ',';
  }
  if (!labels.empty()) text += '}';
}

template <class Value>
void append_sample(std::string& text, std::string_view name, const Labels& labels, Value value) {
  text += name;
  append_labels(text, labels);
  text += ' ';
  append_value(text, value);
  text += '\n';
}

}  // namespace

void MetricsText::counter(std::string_view name, std::string_view help, std::uint64_t value, const Labels& labels) {
  append_sample(family(name, help, "counter"), name, labels, value);
}

void MetricsText::counter(std::string_view name, std::string_view help, double value, const Labels& labels) {
  append_sample(family(name, help, "counter"), name, labels, value);
}

void MetricsText::gauge(std::string_view name, std::string_view help, double value, const Labels& labels) {
  append_sample(family(name, help, "gauge"), name, labels, value);
}

void MetricsText::histogram(std::string_view name, std::string_view help, const Histogram& value,
                            const Labels& labels) {
  std::string& text = family(name, help, "histogram");
  const std::string base(name);
  std::uint64_t cumulated = 0;
  for (std::size_t bucket = 0; bucket < histogram_buckets; ++bucket) {
    cumulated += value.counts[bucket];
    std::string bound = "+Inf";
    if (bucket < histogram_bounds) {
      bound.clear();
      append_seconds(bound, histogram_bound(bucket));
    }
    Labels with_bound = labels;
    with_bound.emplace_back("le", bound);
    append_sample(text, base + "_bucket", with_bound, cumulated);
  }
  text += base + "_sum";
  append_labels(text, labels);
  text += ' ';
  append_seconds(text, value.sum);
  text += '\n';
  append_sample(text, base + "_count", labels, cumulated);
}

std::string& MetricsText::family(std::string_view name, std::string_view help, std::string_view type) {
  const auto [entry, is_new] = index_.try_emplace(std::string(name), families_.size());
  if (is_new) {
    std::string& text = families_.emplace_back("# HELP ");
    text += name;
    text += ' ';
    append_escaped(text, help, false);
    text += "\n# TYPE ";
    text += name;
    text += ' ';
    text += type;
    text += '\n';
  }
  return families_[entry->second];
}

std::string MetricsText::str() const {
  std::string all;
  for (const std::string& text : families_) all += text;
  return all;
}

}  // namespace tandem::metrics
