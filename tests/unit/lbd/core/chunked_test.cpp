#include "lbd/core/http1/chunked.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "lbd/core/rng.hpp"

using namespace tandem::lbd;
using namespace tandem::lbd::http1;
using Event = ChunkedDecoder::Event;

namespace {

struct Decoded {
  std::string payload;
  std::vector<std::string> trailers;
  HeadError error = HeadError::none;
  bool ended = false;
  std::size_t consumed = 0;
  std::uint32_t dropped = 0;
};

/// Feeds the body as a session does: pieces of the given sizes arrive behind what was not consumed.
template <class NextPiece>
Decoded decode(const std::string& body, NextPiece next_piece) {
  Decoded decoded;
  ChunkedDecoder decoder;
  std::size_t available = 0;
  while (!decoded.ended && decoded.error == HeadError::none && available < body.size()) {
    available = std::min(body.size(), available + next_piece());
    for (;;) {
      const std::size_t size = available - decoded.consumed;
      const std::unique_ptr<char[]> unread(new char[size]);  // exactly sized, for the sanitizers
      std::copy_n(body.data() + decoded.consumed, size, unread.get());
      const auto step = decoder.next({unread.get(), size});
      decoded.consumed += step.consumed;
      if (step.event == Event::data) {
        CHECK_FALSE(step.text.empty());
        decoded.payload += step.text;
      }
      if (step.event == Event::trailer) decoded.trailers.emplace_back(step.text);
      if (step.event == Event::end) decoded.ended = true;
      if (step.event == Event::error) decoded.error = step.error;
      if (step.event != Event::data && step.event != Event::trailer) break;
    }
  }
  decoded.dropped = decoder.dropped_trailers();
  return decoded;
}

Decoded decode_whole(const std::string& body) {
  return decode(body, [&body] { return body.size(); });
}

}  // namespace

TEST_CASE("a body in chunks") {
  const std::string body = "5\r\nhello\r\n1;a=b\r\n,\r\n00B ; x=\"y;\"\r\n world, more\r\n0\r\n\r\nGET /";
  // "00B ;" has a blank before ';': refused. The same without it is fine.
  CHECK(decode_whole(body).error == HeadError::chunk_size_invalid);
  const std::string good = "5\r\nhello\r\n1;a=b\r\n,\r\n00B; x=\"y;\"\r\n world, mor\r\n0\r\n\r\nGET /";
  const Decoded decoded = decode_whole(good);
  CHECK(decoded.error == HeadError::none);
  CHECK(decoded.ended);
  CHECK(decoded.payload == "hello, world, mor");
  CHECK(good.substr(decoded.consumed) == "GET /");
}

TEST_CASE("every split gives the same payload, trailers and end") {
  const std::string body =
      "a\r\n0123456789\r\n3;ext\r\nabc\r\n0\r\nX-Sum: 1\r\nContent-Length: 5\r\nY: \t z \r\n\r\nnext";
  for (std::size_t piece = 1; piece <= body.size(); ++piece) {
    CAPTURE(piece);
    const Decoded decoded = decode(body, [piece] { return piece; });
    CHECK(decoded.error == HeadError::none);
    CHECK(decoded.ended);
    CHECK(decoded.payload == "0123456789abc");
    CHECK(decoded.trailers == std::vector<std::string>{"X-Sum: 1\r\n", "Y: \t z \r\n"});
    CHECK(decoded.dropped == 1);
    CHECK(body.substr(decoded.consumed) == "next");
  }
}

TEST_CASE("what is not exactly chunked is refused, in every split") {
  struct Row { const char* body; HeadError error; };
  const std::string many_digits = std::string(17, '0') + "\r\n";
  const Row rows[] = {
      {"\r\nx", HeadError::chunk_size_invalid},
      {"g\r\nx", HeadError::chunk_size_invalid},
      {" 5\r\nhello\r\n", HeadError::chunk_size_invalid},
      {"5 \r\nhello\r\n", HeadError::chunk_size_invalid},
      {"0x5\r\nhello\r\n", HeadError::chunk_size_invalid},
      {"-1\r\nhello\r\n", HeadError::chunk_size_invalid},
      {"+5\r\nhello\r\n", HeadError::chunk_size_invalid},
      {"5\nhello\r\n", HeadError::bare_lf},
      {"5\rhello\r\n", HeadError::bare_cr},
      {"5;a\nhello\r\n", HeadError::bare_lf},
      {"5;a\rxhello\r\n", HeadError::bare_cr},
      {"5;\r\nhello\r\n", HeadError::chunk_extension_invalid},
      {"5; \r\nhello\r\n", HeadError::chunk_extension_invalid},
      {"5;=x\r\nhello\r\n", HeadError::chunk_extension_invalid},
      {"5;a=\x01\r\nhello\r\n", HeadError::chunk_extension_invalid},
      {"5\r\nhelloX\r\n", HeadError::chunk_data_unterminated},
      {"5\r\nhello\n0\r\n", HeadError::chunk_data_unterminated},
      {"5\r\nhello\rX", HeadError::chunk_data_unterminated},
      {"8000000000000000\r\n", HeadError::chunk_size_too_large},
      {"fffffffffffffffff\r\n", HeadError::chunk_size_too_large},
      {many_digits.c_str(), HeadError::chunk_size_too_large},
      {"0\r\nX : y\r\n\r\n", HeadError::space_before_colon},
      {"0\r\nX: y\n\r\n", HeadError::bare_lf},
      {"0\r\n\n", HeadError::bare_lf},
      {"0\r\nX: y\r\n z\r\n\r\n", HeadError::obs_fold},
      {"0\r\nX: y\rz\r\n\r\n", HeadError::bare_cr},
      {"0\r\nnocolon\r\n\r\n", HeadError::field_name_invalid},
      {"0\r\nX: \x01\r\n\r\n", HeadError::field_value_invalid},
      {"0\r\nGET / HTTP/1.1\r\n\r\n", HeadError::space_before_colon},
  };
  for (const Row& row : rows) {
    CAPTURE(row.body);
    const std::string body = row.body;
    for (std::size_t piece = 1; piece <= body.size(); ++piece) {
      const Decoded decoded = decode(body, [piece] { return piece; });
      CHECK(info(decoded.error).code == info(row.error).code);
    }
  }
}

TEST_CASE("limits") {
  CHECK(decode_whole("5;" + std::string(4096, 'a') + "\r\nhello\r\n0\r\n\r\n").ended);
  CHECK(decode_whole("5;" + std::string(4097, 'a') + "\r\nhello\r\n0\r\n\r\n").error ==
        HeadError::chunk_extension_too_long);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "1;aaaaaa\r\nx\r\n";
  CHECK(decode_whole(many).error == HeadError::chunk_extension_too_long);  // of the body, not of a chunk

  CHECK(decode_whole("0\r\nX: " + std::string(8192 - 6, 'x') + "\r\n\r\n").error == HeadError::trailer_too_large);
  CHECK(decode_whole("0\r\nX: " + std::string(8192 - 7, 'x')).error == HeadError::none);
  CHECK(decode_whole("0\r\nX: " + std::string(8192, 'x')).error == HeadError::trailer_too_large);
  const Decoded fits = decode_whole("0\r\nX: " + std::string(8192 - 7, 'x') + "\r\n\r\n");
  CHECK(fits.ended);
  CHECK(fits.trailers.size() == 1);

  // The largest size is accepted and counted down.
  ChunkedDecoder decoder;
  const auto step = decoder.next("7fffffffffffffff\r\nabc");
  CHECK(step.event == Event::data);
  CHECK(decoder.chunk_remaining() == 0x7fffffffffffffffULL - 3);
}

TEST_CASE("after the end and after an error nothing is consumed") {
  ChunkedDecoder done;
  CHECK(done.next("0\r\n\r\n").event == Event::end);
  CHECK(done.at_end());
  const auto again = done.next("GET / HTTP/1.1");
  CHECK(again.event == Event::end);
  CHECK(again.consumed == 0);

  ChunkedDecoder failed;
  CHECK(failed.next("x").event == Event::error);
  const auto after = failed.next("5\r\nhello\r\n");
  CHECK(after.event == Event::error);
  CHECK(after.error == HeadError::chunk_size_invalid);
  CHECK(after.consumed == 0);
}

TEST_CASE("what the encoder writes, the decoder reads") {
  Rng rng(7);
  for (int round = 0; round < 200; ++round) {
    std::string body;
    std::string payload;
    const std::uint32_t chunks = rng.below(6);
    for (std::uint32_t i = 0; i < chunks; ++i) {
      const std::string part(1 + rng.below(3000), static_cast<char>('a' + i));
      std::array<char, max_chunk_header> header;
      body.append(header.data(), write_chunk_header(header, part.size()));
      body += part;
      body += chunk_tail;
      payload += part;
    }
    body += round % 2 != 0 ? std::string(last_chunk_no_trailer)
                           : std::string(last_chunk) + "X: y\r\n" + std::string(end_of_trailer);
    const Decoded decoded = decode(body, [&rng] { return 1 + rng.below(2000); });
    CHECK(decoded.ended);
    CHECK(decoded.payload == payload);
    CHECK(decoded.trailers.size() == (round % 2 != 0 ? 0 : 1));
    CHECK(decoded.consumed == body.size());
  }
  for (const std::uint64_t size : {1ULL, 15ULL, 16ULL, 255ULL, 256ULL, 0x7fffffffffffffffULL, ~0ULL}) {
    std::array<char, max_chunk_header> header;
    const std::string text(header.data(), write_chunk_header(header, size));
    CHECK(std::stoull(text, nullptr, 16) == size);
    CHECK(text[0] != '0');
    CHECK(text.ends_with("\r\n"));
  }
}
