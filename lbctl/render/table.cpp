#include "lbctl/render/table.hpp"

#include <algorithm>

namespace tandem::ctl {
namespace {

// Characters, not bytes; every one of them is taken to be one column wide.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool is_number(const std::string& text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return text == "-" || (!text.empty() && std::all_of(text.begin(), text.end(), is_digit));
}

struct Column {
  std::size_t width = 0;
  bool right = true;
};

void append_cell(std::string& line, const Cell& cell, const Column& column, bool last, bool color) {
  const std::string padding(column.width - width_of(cell.text), ' ');
  if (column.right) line += padding;
  line += toned(cell.text, cell.tone, color);
  if (!column.right && !last) line += padding;
  if (!last) line += "  ";
}

}  // namespace

std::string toned(std::string text, Tone tone, bool color) {
  const char* code = nullptr;
  switch (tone) {
    case Tone::plain: break;
    case Tone::good: code = "32"; break;
    case Tone::warn: code = "33"; break;
    case Tone::bad: code = "31;1"; break;
    case Tone::dim: code = "2"; break;
  }
  if (!color || code == nullptr || text.empty()) return text;
  return std::string("\x1b[") + code + "m" + text + "\x1b[0m";
}

std::string render_table(const std::vector<std::string>& header, const std::vector<Row>& rows, bool color,
                         std::size_t indent) {
  std::vector<Column> columns(header.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    columns[i].width = width_of(header[i]);
    for (const Row& row : rows) {
      columns[i].width = std::max(columns[i].width, width_of(row[i].text));
      columns[i].right = columns[i].right && is_number(row[i].text);
    }
  }
  std::string text;
  const auto append_row = [&](const Row& row) {
    std::string line(indent, ' ');
    for (std::size_t i = 0; i < row.size(); ++i) append_cell(line, row[i], columns[i], i + 1 == row.size(), color);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  };
  Row titles;
  for (const std::string& title : header) titles.emplace_back(title, Tone::dim);
  append_row(titles);
  for (const Row& row : rows) append_row(row);
  return text;
}

}  // namespace tandem::ctl
