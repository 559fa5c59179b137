#include "lbd/control/replication.hpp"

#include <utility>

#include "common/crypto/crypto.hpp"
#include "common/io/clock.hpp"
#include "common/log/log.hpp"
#include "lbd/control/override_codec.hpp"

namespace tandem::lbd {
namespace {

constexpr std::string_view heartbeat_table = "vrrp";  // of vrrpd: how the nodes are
constexpr auto syncd_patience = std::chrono::seconds(1);    // for the line to come up
constexpr auto table_patience = std::chrono::seconds(10);   // for the tables, once it is up
constexpr auto second_look = std::chrono::milliseconds(100);
// The second node of the pair makes a key only if the first has not done so for that long.
constexpr auto second_node_patience = std::chrono::minutes(10);

}  // namespace

Replication::Replication(boost::asio::io_context& io, LiveConfig& live, io::EventLog& events, bool clustered,
                         std::function<void()> on_caught_up)
    : io_(io),
      live_(live),
      events_(events),
      on_caught_up_(std::move(on_caught_up)),
      clustered_(clustered),
      sticky_(sticky_outputs()),
      overrides_(live.board(), override_outputs()),
      patience_(io) {}

Result<> Replication::start(const std::string& feed_socket, const std::string& node) {
  const auto base = base_key();
  if (!base) return base.error();
  const bool second = clustered_ && live_.config().cluster->nodes.back().name == node;
  keys_.emplace(io_, *base, second ? Duration(second_node_patience) : Duration::zero(), key_outputs());
  keys_->start();
  configure();
  started_ = io::now();
  if (!clustered_) {
    keys_->caught_up();
    caught_up();
    return {};
  }
  client_ = std::make_unique<replica::ReplicaClient>(io_, feed_socket, "lbd", handlers());
  client_->start();
  wait_for_syncd(syncd_patience);
  return {};
}

void Replication::stop() {
  patience_.cancel();
  if (keys_) keys_->stop();
  if (client_) client_->stop();
}

void Replication::configure() { sticky_.configure(live_.config(), live_.ids(), io::now()); }

std::uint64_t Replication::ignored() const {
  return sticky_.ignored() + overrides_.ignored() + (keys_ ? keys_->ignored() : 0) + foreign_;
}

Result<CookieKey> Replication::base_key() const {
  if (!clustered_) return random_base_key();
  const auto cluster_key = crypto::load_cluster_key(live_.config().cluster->sync.key_file);
  if (!cluster_key) return cluster_key.error();
  if (!cluster_key->warning.empty()) log::warning("{}", cluster_key->warning);
  return base_key_of_cluster(cluster_key->key);
}

StickySync::Outputs Replication::sticky_outputs() {
  StickySync::Outputs outputs;
  outputs.tell_workers = [this](const StickyBinding& binding, std::optional<std::uint32_t> except) {
    live_.workers().post(binding, except);
  };
  outputs.put = [this](const std::string& key, const std::string& backend, Duration ttl) {
    put(sticky_table, key, backend, ttl);
  };
  outputs.erase = [this](const std::string& key) { erase(sticky_table, key); };
  return outputs;
}

CookieKeys::Outputs Replication::key_outputs() {
  CookieKeys::Outputs outputs;
  outputs.publish = [this](const std::vector<CookieKey>& keys) { live_.workers().post(SetCookieKeys{keys}); };
  outputs.put = [this](const std::string& name, const std::string& value) { put(keys_table, name, value); };
  outputs.erase = [this](const std::string& name) { erase(keys_table, name); };
  return outputs;
}

Overrides::Outputs Replication::override_outputs() {
  Overrides::Outputs outputs;
  outputs.tell_workers = [this](BackendId backend, const Availability& availability) {
    live_.workers().post(SetAvailability{backend, availability});
  };
  outputs.put = [this](const std::string& key, const std::string& value) { put(overrides_table, key, value); };
  outputs.erase = [this](const std::string& key) { erase(overrides_table, key); };
  outputs.event = [this](std::string_view event, const std::string& subject, const std::string& cause) {
    events_.add(event, subject, cause);
  };
  return outputs;
}

void Replication::put(std::string_view table, const std::string& key, const std::string& value,
                      std::optional<Duration> ttl) {
  if (client_) client_->put(table, key, value, ttl);  // what does not fit is counted there
}

void Replication::erase(std::string_view table, const std::string& key) {
  if (client_) client_->erase(table, key);
}

replica::ReplicaClient::Handlers Replication::handlers() {
  replica::ReplicaClient::Handlers handlers;
  handlers.on_entry = [this](const wire::Entry& entry) { on_entry(entry); };
  handlers.on_connected = [this](bool connected) {
    events_.add(connected ? "sync_connected" : "sync_lost", "syncd",
                connected ? "the line to the local syncd is up" : "the line to the local syncd broke");
  };
  handlers.on_in_sync = [this] {
    keys_->caught_up();
    caught_up();
  };
  return handlers;
}

void Replication::on_entry(const wire::Entry& entry) {
  if (entry.table == sticky_table) {
    sticky_.entry(entry, io::now());
  } else if (entry.table == keys_table) {
    keys_->entry(entry);
  } else if (entry.table == overrides_table) {
    overrides_.entry(entry);
  } else if (entry.table != heartbeat_table) {
    ++foreign_;
  }
}

void Replication::caught_up() {
  if (std::exchange(is_caught_up_, true)) return;
  patience_.cancel();
  on_caught_up_();
}

// A syncd that is there gets the time to hand over its tables; one that is not must not keep this node from working.
void Replication::wait_for_syncd(Duration wait) {
  patience_.expires_after(wait);
  patience_.async_wait([this](const boost::system::error_code& error) {
    if (error || is_caught_up_) return;
    if (client_->connected() && io::now() - started_ < table_patience) {
      wait_for_syncd(second_look);
      return;
    }
    log::warning("{}", client_->connected() ? "syncd has not delivered its tables within 10 s: going on without"
                                            : "syncd is not running here: starting without replicated state");
    caught_up();
  });
}

}  // namespace tandem::lbd
