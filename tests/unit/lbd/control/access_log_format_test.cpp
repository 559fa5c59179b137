#include "lbd/control/access_log_format.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include <cstring>

using namespace tandem;
using namespace tandem::lbd;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

template <std::size_t Capacity>
void set(CutText<Capacity>& text, std::string_view value) {
  text.size = static_cast<std::uint16_t>(std::min(value.size(), Capacity));
  text.cut = value.size() > Capacity;
  std::memcpy(text.data.data(), value.data(), text.size);
}

NameTable names() {
  NameTable table;
  table.listeners = {"web"};
  table.backends = {{"shop", "s1"}};
  return table;
}

AccessRecord record() {
  AccessRecord result;
  result.started = TimePoint(5s);
  result.head = 10us;
  result.queue_and_connect = 20us;
  result.first_byte = 300us;
  result.total = 4567us;
  result.listener = ListenerId{0};
  result.backend = BackendId{0};
  result.has_backend = true;
  result.status = 200;
  result.client = *Endpoint::parse("192.0.2.50:40000");
  result.bytes_received = 100;
  result.bytes_sent = 2000;
  set(result.method, "GET");
  set(result.target, "/a?b=c");
  set(result.host, "shop.example.com");
  return result;
}

std::string line_of(const AccessRecord& value, Duration to_unix = 1'700'000'000s) {
  std::string out;
  format_access_line(value, names(), to_unix, out);
  return out;
}

}  // namespace

TEST_CASE("a line as documented") {
  CHECK(line_of(record()) ==
        R"({"time":"2023-11-14T22:13:25.000000Z","client":"192.0.2.50:40000","listener":"web","target_group":"shop",)"
        R"("backend":"s1","backend_reused":false,"method":"GET","host":"shop.example.com","target":"/a?b=c",)"
        R"("status":200,"end":"completed","bytes_received":100,"bytes_sent":2000,"head_us":10,"connect_us":20,)"
        R"("first_byte_us":300,"total_us":4567,"retries":0,"sticky":false})"
        "\n");
}

TEST_CASE("time stamps keep their microseconds") {
  auto value = record();
  value.started = TimePoint(1s + 42us + 999ns);
  CHECK(json::parse(line_of(value))["time"] == "2023-11-14T22:13:21.000042Z");
}

TEST_CASE("a TCP connection has no request, and may have had no backend") {
  auto value = record();
  value.method.size = value.target.size = value.host.size = 0;
  value.has_backend = false;
  value.status = 0;
  const json line = json::parse(line_of(value));
  CHECK_FALSE(line.contains("method"));
  CHECK_FALSE(line.contains("backend"));
  CHECK(line["status"] == 0);
}

TEST_CASE("ids that the table does not know leave their fields out") {
  auto value = record();
  value.listener = ListenerId{77};
  value.backend = BackendId{77};
  const json line = json::parse(line_of(value));
  CHECK_FALSE(line.contains("listener"));
  CHECK_FALSE(line.contains("backend"));
}

TEST_CASE("hostile bytes stay inside their string and the line stays one line") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  auto value = record();
  set(value.target, all);
  set(value.host, "a\"},\"status\":999,\"x\":\"\n");
  set(value.method, std::string_view("\0\x1b[31m", 6));
  const std::string line = line_of(value);
  CHECK(line.find('\n') == line.size() - 1);
  for (const char c : line.substr(0, line.size() - 1)) CHECK((c >= ' ' && c <= '~'));
  const json parsed = json::parse(line);
  CHECK(parsed["status"] == 200);
  CHECK(parsed["host"] == "a\"},\"status\":999,\"x\":\"\n");
  CHECK(line.find(R"(\u001b[31m)") != std::string::npos);
  CHECK(line.find(R"(\u00ff)") != std::string::npos);
}

TEST_CASE("what was cut says so") {
  auto value = record();
  set(value.target, std::string(300, 'x'));
  const json line = json::parse(line_of(value));
  CHECK(line["target"].get<std::string>().size() == 256);
  CHECK(line["target_cut"] == true);
  CHECK_FALSE(line.contains("host_cut"));
}
