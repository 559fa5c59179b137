// A table in aligned columns, with colour where it helps. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tandem::ctl {

enum class Tone : std::uint8_t { plain, good, warn, bad, dim };

/// `text` in the colour of `tone`, if `color`.
std::string toned(std::string text, Tone tone, bool color);

struct Cell {
  Cell(std::string shown, Tone with = Tone::plain) : text(std::move(shown)), tone(with) {}
  Cell(const char* shown) : text(shown) {}

  std::string text;
  Tone tone = Tone::plain;
};

using Row = std::vector<Cell>;

/// A header line and a line for each row, two spaces between columns, each line indented by `indent`.
/// Columns whose values all look like numbers align to the right.
std::string render_table(const std::vector<std::string>& header, const std::vector<Row>& rows, bool color,
                         std::size_t indent = 0);

}  // namespace tandem::ctl
