#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "common/crypto/crypto.hpp"

using namespace tandem;

namespace {

/// A file with this content, removed at the end.
struct KeyFile {
  std::string path;
  explicit KeyFile(const std::string& content, mode_t mode = 0600) {
    char name[] = "/tmp/tandem-key-XXXXXX";
    ::close(::mkstemp(name));
    path = name;
    std::ofstream(path) << content;
    ::chmod(path.c_str(), mode);
  }
  ~KeyFile() { ::unlink(path.c_str()); }
};

const std::string good = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

std::string error_of(const std::string& content) {
  const KeyFile file(content);
  const auto result = crypto::load_cluster_key(file.path);
  REQUIRE_FALSE(result);
  CHECK(result.error().message.find(file.path) != std::string::npos);
  CHECK(result.error().message.find("lbctl init") != std::string::npos);
  return result.error().message;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("64 hexadecimal characters, with or without a line end") {
  for (const char* end : {"", "\n", "\r\n"}) {
    const KeyFile file(good + end);
    const auto result = crypto::load_cluster_key(file.path);
    REQUIRE(result);
    CHECK(result->key[0] == 0x00);
    CHECK(result->key[1] == 0x11);
    CHECK(result->key[31] == 0xff);
    CHECK(result->warning.empty());
  }
}

TEST_CASE("bad key files: the error names the file, the problem and the cure") {
  CHECK(contains(error_of(""), "has 0 characters"));
  CHECK(contains(error_of(good.substr(1)), "has 63 characters"));
  CHECK(contains(error_of(good + "0"), "longer than 64"));
  CHECK(contains(error_of(good + "\n\n"), "longer than 64"));
  CHECK(contains(error_of(good + std::string(5000, '0')), "longer than 64"));
  std::string letter = good;
  letter[10] = 'g';
  CHECK(contains(error_of(letter), "character 11 is not"));
}

TEST_CASE("missing files and directories are explained") {
  const auto missing = crypto::load_cluster_key("/nonexistent/cluster.key");
  REQUIRE_FALSE(missing);
  CHECK(contains(missing.error().message, "No such file"));
  const auto directory = crypto::load_cluster_key("/tmp");
  REQUIRE_FALSE(directory);
  CHECK(contains(directory.error().message, "not a regular file"));
}

TEST_CASE("the group of the daemons may read the key") {
  const KeyFile file(good, 0640);
  CHECK(crypto::load_cluster_key(file.path)->warning.empty());
}

TEST_CASE("a key that others can read is used, with a warning") {
  const KeyFile file(good, 0644);
  const auto result = crypto::load_cluster_key(file.path);
  REQUIRE(result);
  CHECK(contains(result->warning, "chmod 640"));
}
