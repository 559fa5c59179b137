#include "lbd/core/http1/head_error.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "tests/unit/lbd/core/http1_support.hpp"

using namespace tandem::lbd::http1;
using namespace tandem::lbd::http1::test;

namespace {

struct BadRequest {
  HeadError error;
  std::string bytes;
};

std::string get(const std::string& fields) { return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"; }
std::string line(const std::string& request_line) { return request_line + "\r\nHost: a\r\n\r\n"; }

std::vector<BadRequest> bad_requests() {
  using enum HeadError;
  const std::string nul(1, '\0');
  return {
      {leading_empty_lines, "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {leading_empty_lines, "\r\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {bare_lf, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {bare_lf, "GET / HTTP/1.1\nHost: a\r\n\r\n"},
      {bare_lf, "GET / HTTP/1.1\r\nHost: a\n\r\n"},
      {bare_lf, "GET / HTTP/1.1\r\nHost: a\r\n\n"},
      {bare_lf, "GET / HTTP/1.1\r\nHost: a\r\nX: 1\nY: 2\r\n\r\n"},
      {bare_cr, "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n"},
      {bare_cr, "GET / HTTP/1.1\rHost: a\r\n\r\n"},
      {bare_cr, "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {bare_cr, "GET / HTTP/1.1\r\nHost: a\r\n\rX"},
      {bare_cr, get("X: a\r\r\n")},
      {method_invalid, line(" GET / HTTP/1.1")},
      {method_invalid, line("G(T / HTTP/1.1")},
      {method_invalid, line("GET\t/ HTTP/1.1")},
      {method_invalid, line("\x16\x03\x01\x02")},
      {method_invalid, line("GET")},
      {method_too_long, line(std::string(33, 'A') + " / HTTP/1.1")},
      {method_connect, "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"},
      {target_invalid, line("GET  / HTTP/1.1")},
      {target_invalid, line("GET ")},
      {target_invalid, line("GET a HTTP/1.1")},
      {target_invalid, line("GET a:80 HTTP/1.1")},
      {target_invalid, line("GET * HTTP/1.1")},
      {target_invalid, line("OPTIONS ** HTTP/1.1")},
      {target_invalid, line("GET ftp://a/ HTTP/1.1")},
      {target_invalid, line("GET http:/a HTTP/1.1")},
      {target_invalid, line("GET ?q HTTP/1.1")},
      {target_invalid, line("GET /a#b HTTP/1.1")},
      {target_invalid, line("GET /a\"b HTTP/1.1")},
      {target_invalid, line("GET /a\\b HTTP/1.1")},
      {target_invalid, line("GET /a\x7f HTTP/1.1")},
      {target_invalid, line("GET /\xc3\xa9 HTTP/1.1")},
      {target_invalid, line("GET /?a<b HTTP/1.1")},
      {target_invalid, "GET /a" + nul + "b HTTP/1.1\r\nHost: a\r\n\r\n"},
      {target_invalid, line("GET /a\tHTTP/1.1")},
      {authority_invalid, line("GET http:/// HTTP/1.1")},
      {authority_invalid, line("GET http:// HTTP/1.1")},
      {authority_invalid, line("GET http://u@a/ HTTP/1.1")},
      {authority_invalid, line("GET http://a:99999/ HTTP/1.1")},
      {authority_invalid, line("GET http://a,b/ HTTP/1.1")},
      {authority_invalid, line("GET http://[::1/ HTTP/1.1")},
      {version_malformed, line("GET /")},
      {version_malformed, line("GET / ")},
      {version_malformed, line("GET / http/1.1")},
      {version_malformed, line("GET / HTTP/1.10")},
      {version_malformed, line("GET / HTTP/11")},
      {version_malformed, line("GET / HTTP/1.1 ")},
      {version_malformed, line("GET /  HTTP/1.1")},
      {version_malformed, line("GET / HTTP/1,1")},
      {version_malformed, line("GET / x HTTP/1.1")},
      {version_malformed, "GET / \r\n\r\n"},
      {version_unsupported, line("GET / HTTP/1.2")},
      {version_unsupported, line("GET / HTTP/0.9")},
      {version_unsupported, line("GET / HTTP/2.0")},
      {version_unsupported, line("GET / HTTP/3.0")},
      {http2_preface, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {field_name_invalid, get(": x\r\n")},
      {field_name_invalid, get("X(: x\r\n")},
      {field_name_invalid, get("nocolon\r\n")},
      {field_name_invalid, get("X" + nul + ": x\r\n")},
      {field_name_invalid, get("X\xc3\xa9: x\r\n")},
      {space_before_colon, get("X : x\r\n")},
      {space_before_colon, get("X\t: x\r\n")},
      {space_before_colon, get("Content-Length : 5\r\n")},
      {obs_fold, get("X: a\r\n b\r\n")},
      {obs_fold, get("X: a\r\n\tb\r\n")},
      {obs_fold, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
      {field_value_invalid, get("X: a" + nul + "\r\n")},
      {field_value_invalid, get("X: a\x01\r\n")},
      {field_value_invalid, get("X: a\x0b\r\n")},
      {field_value_invalid, get("X: a\x1b[0m\r\n")},
      {field_value_invalid, get("X: a\x7f\r\n")},
      {host_missing, "GET / HTTP/1.1\r\nX: a\r\n\r\n"},
      {host_missing, "GET / HTTP/1.1\r\n\r\n"},
      {host_missing, "GET http://a/ HTTP/1.1\r\n\r\n"},
      {host_duplicate, get("Host: a\r\n")},
      {host_duplicate, get("hOST: b\r\n")},
      {host_invalid, "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
      {host_invalid, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
      {host_invalid, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {host_invalid, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
      {host_invalid, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"},
      {host_invalid, "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"},
      {host_invalid, "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"},
      {host_invalid, "GET / HTTP/1.1\r\nHost: :80\r\n\r\n"},
      {host_invalid, "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n"},
      {host_invalid, "GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n"},
      {host_invalid, "GET / HTTP/1.1\r\nHost: " + std::string(262, 'a') + "\r\n\r\n"},
      {content_length_invalid, get("Content-Length:\r\n")},
      {content_length_invalid, get("Content-Length: 5, 5\r\n")},
      {content_length_invalid, get("Content-Length: +5\r\n")},
      {content_length_invalid, get("Content-Length: -1\r\n")},
      {content_length_invalid, get("Content-Length: 0x5\r\n")},
      {content_length_invalid, get("Content-Length: 5 5\r\n")},
      {content_length_invalid, get("Content-Length: 5.0\r\n")},
      {content_length_invalid, get("Content-Length: 99999999999999999999x\r\n")},
      {content_length_too_large, get("Content-Length: 9223372036854775808\r\n")},
      {content_length_too_large, get("Content-Length: 18446744073709551621\r\n")},
      {content_length_too_large, get("Content-Length: 99999999999999999999999\r\n")},
      {content_length_duplicate, get("Content-Length: 5\r\nContent-Length: 5\r\n")},
      {content_length_duplicate, get("Content-Length: 5\r\ncontent-length: 6\r\n")},
      {transfer_encoding_unsupported, get("Transfer-Encoding: gzip, chunked\r\n")},
      {transfer_encoding_unsupported, get("Transfer-Encoding: chunked, chunked\r\n")},
      {transfer_encoding_unsupported, get("Transfer-Encoding: xchunked\r\n")},
      {transfer_encoding_unsupported, get("Transfer-Encoding: identity\r\n")},
      {transfer_encoding_unsupported, get("Transfer-Encoding: chunked;q=1\r\n")},
      {transfer_encoding_unsupported, get("Transfer-Encoding: \"chunked\"\r\n")},
      {transfer_encoding_unsupported, get("Transfer-Encoding: ,chunked\r\n")},
      {transfer_encoding_unsupported, get("Transfer-Encoding:\r\n")},
      {transfer_encoding_duplicate, get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
      {transfer_encoding_in_http10, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {length_and_transfer_encoding, get("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
      {length_and_transfer_encoding, get("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
      {expect_unsupported, get("Expect: 200-maybe\r\n")},
      {expect_unsupported, get("Expect:\r\n")},
  };
}

}  // namespace

TEST_CASE("every refusal has its own name, at once and in pieces") {
  for (const BadRequest& bad : bad_requests()) {
    CAPTURE(bad.bytes);
    const auto whole = parse_request(bad.bytes);
    REQUIRE(whole->result.state == HeadState::error);
    CHECK(info(whole->result.error).code == info(bad.error).code);
    CHECK(whole->result.offset <= bad.bytes.size());

    // Byte by byte the same error comes, at the latest with the last byte.
    Parsed<RequestHead> drip(bad.bytes);
    HeadResult result;
    for (std::size_t size = 1; size <= bad.bytes.size(); ++size) {
      result = parse_request_head({drip.bytes.get(), size}, {}, drip.storage, drip.progress, drip.head);
      if (result.state != HeadState::incomplete) break;
    }
    CHECK(info(result.error).code == info(bad.error).code);
  }
}

TEST_CASE("the table has a row for every error") {
  std::set<std::string_view> codes;
  for (std::size_t i = 0; i < head_error_count; ++i) {
    const HeadErrorInfo& row = info(static_cast<HeadError>(i));
    CAPTURE(i);
    CHECK(codes.insert(row.code).second);
    CHECK_FALSE(row.sentence.empty());
    const std::set<int> allowed = {400, 414, 417, 431, 501, 505};
    if (i != 0) CHECK(allowed.count(row.http_status) == 1);
  }
  // The order of enum and table agrees at both ends and in the middle.
  CHECK(info(HeadError::none).code == "none");
  CHECK(info(HeadError::bare_cr).code == "bare_cr");
  CHECK(info(HeadError::method_connect).http_status == 501);
  CHECK(info(HeadError::target_too_long).http_status == 414);
  CHECK(info(HeadError::version_unsupported).http_status == 505);
  CHECK(info(HeadError::too_many_fields).code == "too_many_fields");
  CHECK(info(HeadError::host_duplicate).code == "host_duplicate");
  CHECK(info(HeadError::expect_unsupported).code == "expect_unsupported");
  CHECK(info(HeadError::trailer_too_large).code == "trailer_too_large");
}

TEST_CASE("too much is refused at the limit, whatever the pieces") {
  const HeadLimits limits{256};
  const auto drip = [&limits](const std::string& bytes) {
    Parsed<RequestHead> parsed(bytes);
    HeadResult result;
    for (std::size_t size = 1; size <= bytes.size(); ++size) {
      result = parse_request_head({parsed.bytes.get(), size}, limits, parsed.storage,
                                  parsed.progress, parsed.head);
      if (result.state != HeadState::incomplete) break;
    }
    return result.error;
  };
  const std::string fits = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(256 - 32, 'x') + "\r\n\r\n";
  REQUIRE(fits.size() == 256);
  CHECK(parse_request(fits, limits)->result.state == HeadState::complete);
  CHECK(parse_request(fits + "more", limits)->result.state == HeadState::complete);

  const std::string large = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(225, 'x') + "\r\n\r\n";
  CHECK(parse_request(large, limits)->result.error == HeadError::head_too_large);
  CHECK(drip(large) == HeadError::head_too_large);

  const std::string long_target = "GET /" + std::string(300, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  CHECK(parse_request(long_target, limits)->result.error == HeadError::target_too_long);
  CHECK(drip(long_target) == HeadError::target_too_long);

  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 99; ++i) many += "X: y\r\n";
  CHECK(parse_request(many + "\r\n")->result.state == HeadState::complete);
  CHECK(parse_request(many + "X: y\r\n\r\n")->result.error == HeadError::too_many_fields);
}
