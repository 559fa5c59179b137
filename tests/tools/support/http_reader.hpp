// Reads HTTP/1.x messages from a stream, strictly enough for tests: every framing is checked.
//
// Used for requests (demo backend) and replies (probe). Pull style: give it bytes, ask its state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::tools {

class HttpReader {
 public:
  enum class Kind : std::uint8_t { request, reply };
  enum class State : std::uint8_t { head, body, done, broken };

  explicit HttpReader(Kind kind) : kind_(kind) {}

  /// Takes bytes up to the end of the message; returns how many it took (all, unless done or broken).
  std::size_t feed(std::string_view bytes);
  /// The peer closed. Ends a reply that is framed by the close; breaks any other open message.
  void end_of_stream();
  /// Forgets the message, keeps the memory.
  void reset();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool started() const { return state_ != State::head || !buffer_.empty(); }
  /// "GET / HTTP/1.1" or "HTTP/1.1 200 OK".
  [[nodiscard]] const std::string& start_line() const { return start_line_; }
  /// A reply's status; 0 before the head is complete.
  [[nodiscard]] int status() const { return status_; }
  /// The first field of this name (lower case), or empty.
  [[nodiscard]] std::string_view header(std::string_view lower_name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& headers() const { return headers_; }
  [[nodiscard]] const std::string& body() const { return body_; }
  /// True if the connection can carry another message after this one.
  [[nodiscard]] bool keep_alive() const { return keep_alive_; }

 private:
  enum class Framing : std::uint8_t { length, chunk_size, chunk_data, chunk_end, trailers, until_close };

  void parse_head();
  void choose_framing();
  std::size_t take_line(std::string_view bytes);
  std::size_t take_data(std::string_view bytes);
  void on_line();
  void fail() { state_ = State::broken; }

  Kind kind_;
  State state_ = State::head;
  Framing framing_ = Framing::length;
  std::string buffer_;  // the head, or a line of the chunked framing
  std::string start_line_;
  std::vector<std::pair<std::string, std::string>> headers_;  // names in lower case
  std::string body_;
  std::uint64_t left_ = 0;  // of the body or the chunk
  int status_ = 0;
  bool keep_alive_ = true;
};

}  // namespace tandem::tools
