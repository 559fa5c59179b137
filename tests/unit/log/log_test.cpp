#include "common/log/log.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

using namespace tandem;

namespace {

enum class Stream { journal, other, none };

// What `work` writes to stderr, with JOURNAL_STREAM naming that very stream, another one, or none.
std::string written(Stream stream, const std::function<void()>& work) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  struct stat status {};
  REQUIRE(::fstat(::fileno(file), &status) == 0);
  const auto inode = static_cast<unsigned long>(status.st_ino) + (stream == Stream::journal ? 0 : 1);
  const std::string name = std::to_string(status.st_dev) + ":" + std::to_string(inode);
  if (stream == Stream::none) ::unsetenv("JOURNAL_STREAM");
  else ::setenv("JOURNAL_STREAM", name.c_str(), 1);

  std::fflush(stderr);
  const int former = ::dup(STDERR_FILENO);
  ::dup2(::fileno(file), STDERR_FILENO);
  work();
  std::fflush(stderr);
  ::dup2(former, STDERR_FILENO);
  ::close(former);
  ::unsetenv("JOURNAL_STREAM");

  std::array<char, 4096> text{};
  std::rewind(file);
  const std::size_t size = std::fread(text.data(), 1, text.size(), file);
  std::fclose(file);
  return {text.data(), size};
}

void say_one_of_each() {
  log::init("lbd", log::Level::debug);
  log::debug("a {}", 1);
  log::info("b");
  log::warning("c");
  log::error("d\nand e");
}

}  // namespace

TEST_CASE("the journal gets priorities, for each line, and no time stamp of ours") {
  CHECK(written(Stream::journal, say_one_of_each) == "<7>a 1\n<6>b\n<4>c\n<3>d\n<3>and e\n");
}

TEST_CASE("elsewhere lines say when, who and how bad") {
  for (const Stream stream : {Stream::none, Stream::other}) {  // other: a shell that a service has started
    const std::string text = written(stream, say_one_of_each);
    CAPTURE(text);
    CHECK(text.find("<6>") == std::string::npos);
    CHECK(text.find(" lbd[" + std::to_string(::getpid()) + "] info: b\n") != std::string::npos);
    CHECK(text.find(" error: d\nand e\n") != std::string::npos);
    CHECK(text.substr(0, 2) == "20");
  }
}

TEST_CASE("messages below the threshold are not written") {
  const std::string text = written(Stream::journal, [] {
    log::init("lbd", log::Level::warning);
    log::info("hidden");
    log::warning("shown");
  });
  CHECK(text == "<4>shown\n");
}

TEST_CASE("a complaint is for the eyes as it is, and an error for the journal") {
  const auto complain = [] { log::complain("tandem.json:3:7: unknown key\n  hint"); };
  CHECK(written(Stream::none, complain) == "tandem.json:3:7: unknown key\n  hint\n");
  CHECK(written(Stream::journal, complain) == "<3>tandem.json:3:7: unknown key\n<3>  hint\n");
}
