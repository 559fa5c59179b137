#include "tests/tools/support/http_reader.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace tandem::tools {

namespace {

constexpr std::size_t max_head = 128 * 1024;
constexpr std::size_t max_body = 64 * 1024 * 1024;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

bool parse_number(std::string_view text, std::uint64_t& value, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

void HttpReader::reset() {
  state_ = State::head;
  buffer_.clear();
  start_line_.clear();
  headers_.clear();
  body_.clear();
  left_ = 0;
  status_ = 0;
  keep_alive_ = true;
}

std::string_view HttpReader::header(std::string_view lower_name) const {
  for (const auto& [name, value] : headers_) {
    if (name == lower_name) return value;
  }
  return {};
}

std::size_t HttpReader::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && (state_ == State::head || state_ == State::body)) {
    const std::string_view rest = bytes.substr(taken);
    const bool data = state_ == State::body && (framing_ == Framing::length || framing_ == Framing::chunk_data ||
                                                framing_ == Framing::until_close);
    taken += data ? take_data(rest) : take_line(rest);
  }
  return taken;
}

std::size_t HttpReader::take_data(std::string_view bytes) {
  const std::size_t count =
      framing_ == Framing::until_close ? bytes.size() : std::min<std::size_t>(bytes.size(), left_);
  if (body_.size() + count > max_body) {
    fail();
    return count;
  }
  body_.append(bytes.substr(0, count));
  if (framing_ == Framing::until_close) return count;
  left_ -= count;
  if (left_ == 0 && framing_ == Framing::length) state_ = State::done;
  if (left_ == 0 && framing_ == Framing::chunk_data) framing_ = Framing::chunk_end;
  return count;
}

std::size_t HttpReader::take_line(std::string_view bytes) {
  const auto newline = bytes.find('\n');
  const std::size_t count = newline == std::string_view::npos ? bytes.size() : newline + 1;
  buffer_.append(bytes.substr(0, count));
  if (buffer_.size() > max_head) {
    fail();
  } else if (newline != std::string_view::npos) {
    on_line();
  }
  return count;
}

void HttpReader::on_line() {
  if (state_ == State::head) {
    if (buffer_.size() >= 4 && buffer_.compare(buffer_.size() - 4, 4, "\r\n\r\n") == 0) parse_head();
    return;
  }
  const std::string_view line = trimmed(std::string_view(buffer_).substr(0, buffer_.size() - 1));
  if (framing_ == Framing::chunk_size) {
    const auto size_text = trimmed(line.substr(0, line.find(';')));
    if (!parse_number(size_text, left_, 16)) return fail();
    framing_ = left_ == 0 ? Framing::trailers : Framing::chunk_data;
  } else if (framing_ == Framing::chunk_end) {
    if (!line.empty()) return fail();
    framing_ = Framing::chunk_size;
  } else if (line.empty()) {
    state_ = State::done;
  }
  buffer_.clear();
}

void HttpReader::parse_head() {
  std::string_view rest(buffer_);
  bool first = true;
  while (!rest.empty()) {
    const auto newline = rest.find("\r\n");
    const std::string_view line = rest.substr(0, newline);
    rest.remove_prefix(newline + 2);
    if (line.empty()) break;
    if (first) {
      start_line_ = line;
      first = false;
      continue;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return fail();
    headers_.emplace_back(lower(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1))));
  }
  if (kind_ == Kind::reply) {
    std::uint64_t code = 0;
    if (start_line_.size() < 12 || start_line_.rfind("HTTP/1.", 0) != 0 ||
        !parse_number(std::string_view(start_line_).substr(9, 3), code, 10)) {
      return fail();
    }
    if (code == 100) return reset();  // an interim reply: the real one follows
    status_ = static_cast<int>(code);
  } else if (start_line_.find(" HTTP/1.") == std::string::npos) {
    return fail();
  }
  buffer_.clear();
  choose_framing();
}

void HttpReader::choose_framing() {
  const bool old = start_line_.find("HTTP/1.0") != std::string::npos;
  const std::string connection = lower(header("connection"));
  keep_alive_ = old ? connection == "keep-alive" : connection != "close";
  state_ = State::body;
  std::uint64_t length = 0;
  if (lower(header("transfer-encoding")) == "chunked") {
    framing_ = Framing::chunk_size;
  } else if (!header("content-length").empty()) {
    if (!parse_number(header("content-length"), length, 10)) return fail();
    framing_ = Framing::length;
    left_ = length;
    if (length == 0) state_ = State::done;
  } else if (kind_ == Kind::request || status_ == 204 || status_ == 304) {
    state_ = State::done;
  } else {
    framing_ = Framing::until_close;
    keep_alive_ = false;
  }
}

void HttpReader::end_of_stream() {
  if (state_ == State::done) return;
  state_ = state_ == State::body && framing_ == Framing::until_close ? State::done : State::broken;
}

}  // namespace tandem::tools
