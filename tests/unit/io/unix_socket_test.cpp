#include "common/io/unix_socket.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "tests/support/io_fixture.hpp"

using namespace tandem::io;
using tandem::io::testing::TemporaryDirectory;

TEST_CASE("a socket file has mode 0660, whatever the umask") {
  const TemporaryDirectory directory;
  const mode_t before = ::umask(0077);
  const auto listener = listen_unix_socket(directory.file("lbd.sock"));
  ::umask(before);
  REQUIRE(listener);
  struct stat status {};
  REQUIRE(::stat(listener->path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0660);
}

TEST_CASE("a second listener is told who the first one is") {
  const TemporaryDirectory directory;
  const auto first = listen_unix_socket(directory.file("lbd.sock"));
  REQUIRE(first);
  const auto second = listen_unix_socket(directory.file("lbd.sock"));
  REQUIRE_FALSE(second);
  CHECK(second.error().message == "another instance is running (pid " + std::to_string(::getpid()) +
                                      "): it listens on " + directory.file("lbd.sock"));
  CHECK(connect_unix_socket(directory.file("lbd.sock")).error == 0);
}

TEST_CASE("the socket of a dead daemon is replaced; a file that is none is not") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("lbd.sock");
  { const auto killed = listen_unix_socket(path); }
  CHECK(connect_unix_socket(path).error == ECONNREFUSED);
  CHECK(listen_unix_socket(path));

  const std::string precious = directory.file("notes.txt");
  std::ofstream(precious) << "keep me";
  CHECK_FALSE(listen_unix_socket(precious));
  CHECK(std::filesystem::file_size(precious) == 7);
}

TEST_CASE("a listener removes its own socket file, never its successor's") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("lbd.sock");
  auto first = listen_unix_socket(path);
  REQUIRE(first);
  first->fd.reset();
  const auto second = listen_unix_socket(path);
  REQUIRE(second);
  remove_socket_file(*first);
  CHECK(std::filesystem::exists(path));
  remove_socket_file(*second);
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a socket of the daemons' own belongs to the group of its directory") {
  if (::geteuid() != 0) return;  // only root can make a directory of a group that is not its own
  const TemporaryDirectory directory;
  REQUIRE(::chown(directory.path().c_str(), static_cast<uid_t>(-1), 12345) == 0);
  const auto ours = listen_unix_socket(directory.file("feed.sock"), SocketGroup::directory);
  const auto shown = listen_unix_socket(directory.file("lbd.sock"));
  REQUIRE(ours);
  REQUIRE(shown);
  struct stat status {};
  REQUIRE(::stat(directory.file("feed.sock").c_str(), &status) == 0);
  CHECK(status.st_gid == 12345);
  CHECK((status.st_mode & 0777) == 0660);
  REQUIRE(::stat(directory.file("lbd.sock").c_str(), &status) == 0);
  CHECK(status.st_gid == ::getegid());
}

TEST_CASE("what cannot be a socket path is refused with advice") {
  const auto listener = listen_unix_socket("/tmp/" + std::string(200, 'x'));
  REQUIRE_FALSE(listener);
  CHECK(listener.error().message.find("--run-dir") != std::string::npos);
  CHECK_FALSE(listen_unix_socket(""));
  CHECK_FALSE(listen_unix_socket("/nonexistent/dir/lbd.sock"));
}

TEST_CASE("a failed connect says what it means") {
  CHECK(explain_connect_error("/run/tandem/lbd.sock", ENOENT) ==
        "lbd is not running: nothing listens on /run/tandem/lbd.sock");
  CHECK(explain_connect_error("/run/tandem/syncd.sock", ECONNREFUSED) ==
        "syncd is not running: nothing listens on /run/tandem/syncd.sock");
  CHECK(explain_connect_error("/x/lbd.sock", EACCES).find("no permission") == 0);
  CHECK(means_not_running(ENOENT));
  CHECK_FALSE(means_not_running(EACCES));
}
