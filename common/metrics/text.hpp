// The Prometheus text exposition format, version 0.0.4.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/metrics/histogram.hpp"

namespace tandem::metrics {

/// Content-Type of the text.
inline constexpr const char* text_content_type = "text/plain; version=0.0.4; charset=utf-8";

using Label = std::pair<std::string_view, std::string_view>;
using Labels = std::vector<Label>;

/// Collects samples in any order and writes each family once: HELP, TYPE, its samples together.
/// Names and label names are the program's own and must be valid; label values may hold anything.
/// `help` is taken from a family's first sample.
class MetricsText {
 public:
  void counter(std::string_view name, std::string_view help, std::uint64_t value, const Labels& labels = {});
  /// For counters in seconds and the like.
  void counter(std::string_view name, std::string_view help, double value, const Labels& labels = {});
  void gauge(std::string_view name, std::string_view help, double value, const Labels& labels = {});
  /// In seconds: NAME_bucket, NAME_sum, NAME_count; `name` ends in _seconds.
  void histogram(std::string_view name, std::string_view help, const Histogram& value, const Labels& labels = {});

  /// Any other integer or bool, so that call sites need no casts.
  template <std::integral Number>
  void counter(std::string_view name, std::string_view help, Number value, const Labels& labels = {}) {
    counter(name, help, static_cast<std::uint64_t>(value), labels);
  }
  template <std::integral Number>
  void gauge(std::string_view name, std::string_view help, Number value, const Labels& labels = {}) {
    gauge(name, help, static_cast<double>(value), labels);
  }

  [[nodiscard]] std::string str() const;

 private:
  std::string& family(std::string_view name, std::string_view help, std::string_view type);

  std::vector<std::string> families_;  // text of each, in order of first use
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace tandem::metrics
