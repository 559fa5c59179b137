// A directory of its own, and a server that runs on a thread of its own.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <string>
#include <thread>

#include "common/io/http_server.hpp"

namespace tandem::io::testing {

/// True once `condition` holds; false if it does not within ten seconds.
inline bool eventually(const std::function<bool()>& condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "tandem-io-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// An io_context whose thread lives as long as this.
class IoThread {
 public:
  IoThread() : thread_([this] { io.run(); }) {}
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;
  ~IoThread() { stop(); }

  void stop() {
    guard_.reset();
    io.stop();
    if (thread_.joinable()) thread_.join();
  }

  /// Runs `work` on the io thread and waits for it.
  void run(const std::function<void()>& work) {
    std::promise<void> done;
    boost::asio::post(io, [&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  boost::asio::io_context io{1};

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{io.get_executor()};
  std::thread thread_;
};

/// A server at `socket`; routes are added before listen().
class ServerFixture {
 public:
  ServerFixture() = default;
  ServerFixture(const ServerFixture&) = delete;
  ServerFixture& operator=(const ServerFixture&) = delete;
  ~ServerFixture() {
    thread.run([this] { server.close(); });
    thread.stop();
  }

  void listen() {
    thread.run([this] { REQUIRE(server.listen_unix(socket)); });
  }

  TemporaryDirectory directory;
  std::string socket = directory.file("lbd.sock");
  IoThread thread;
  HttpServer server{thread.io};
};

}  // namespace tandem::io::testing
