#include "lbd/control/metrics_page.hpp"

#include <array>
#include <string_view>

#include <fmt/core.h>

#include "common/io/daemon.hpp"
#include "common/metrics/text.hpp"

namespace tandem::lbd {
namespace {

using metrics::Labels;
using metrics::MetricsText;

constexpr std::array<std::string_view, 6> status_classes{"other", "1xx", "2xx", "3xx", "4xx", "5xx"};

std::string_view side_name(EndSide side) {
  switch (side) {
    case EndSide::none: return "none";
    case EndSide::client: return "client";
    case EndSide::backend: return "backend";
    case EndSide::local: return "local";
  }
  return "none";
}

void add_responses(MetricsText& page, std::string_view name, std::string_view help,
                   const std::array<std::uint64_t, 6>& responses, Labels labels) {
  labels.emplace_back("code", "");
  for (std::size_t i = 1; i < responses.size(); ++i) {
    labels.back().second = status_classes[i];
    page.counter(name, help, responses[i], labels);
  }
}

void add_process(MetricsText& page, LiveConfig& live, const MetricsContext& context) {
  const std::string version = io::version();
  page.gauge("tandem_lbd_info", "Always 1; the version is in the label.", 1, {{"version", version}});
  page.gauge("tandem_lbd_ready", "1 if this node may be given traffic.", context.readiness.ready);
  page.gauge("tandem_lbd_workers", "Worker threads.", live.workers().size());
  page.gauge("tandem_lbd_config_generation", "Counts the configurations applied since the start.", live.generation());
  page.counter("tandem_lbd_reloads_total", "Reloads by result.", context.reloads_accepted, {{"result", "accepted"}});
  page.counter("tandem_lbd_reloads_total", "Reloads by result.", context.reloads_refused, {{"result", "refused"}});
  page.gauge("tandem_lbd_sync_connected", "1 if the line to syncd is up.", context.sync_connected);
  page.counter("tandem_lbd_replicated_ignored_total", "Replicated entries that this node did not understand.",
               context.replicated_ignored);
  page.counter("tandem_lbd_replicated_refused_total", "Entries that did not fit in a replicated table.",
               context.replicated_refused);
  page.counter("tandem_lbd_control_hints_dropped_total", "Messages of workers dropped because control was behind.",
               context.hints_dropped);
  page.counter("tandem_lbd_control_refused_total", "Changes refused because their sender may only look.",
               context.control_refused);
  page.counter("tandem_lbd_access_log_written_total", "Access log lines written.", live.access_log().lines_written());
  page.counter("tandem_lbd_access_log_lost_total", "Access log lines lost because writing failed.",
               live.access_log().lines_lost());
}

void add_workers(MetricsText& page, const WorkerPool& workers) {
  for (std::uint32_t i = 0; i < workers.size(); ++i) {
    const std::string name = fmt::format("{}", i);
    const Labels labels{{"worker", name}};
    const WorkerCounters& counters = workers.counters(i);
    page.counter("tandem_lbd_worker_accept_errors_total", "Failed accepts.", counters.accept_errors.get(), labels);
    page.counter("tandem_lbd_worker_sheds_total", "Connections refused at a limit or at the descriptor reserve.",
                 counters.sheds.get(), labels);
    page.counter("tandem_lbd_worker_access_log_dropped_total", "Access log records dropped: the writer was behind.",
                 counters.access_log_dropped.get(), labels);
    page.counter("tandem_lbd_worker_sticky_evicted_total", "Sticky sources evicted from a full table.",
                 counters.sticky_evicted.get(), labels);
    page.gauge("tandem_lbd_worker_buffers_in_use", "I/O buffers and pipes held now.", counters.buffers_in_use.get(), labels);
    page.counter("tandem_lbd_worker_spliced_bytes_total", "Bytes of bulk that the kernel moved uncopied.",
                 counters.spliced_bytes.get(), labels);
  }
}

void add_session_ends(MetricsText& page, const WorkerPool& workers) {
  const auto ends = session_ends();
  for (std::size_t end = 0; end < ends.size(); ++end) {
    std::uint64_t count = 0;
    for (std::uint32_t i = 0; i < workers.size(); ++i) count += workers.counters(i).session_ends[end].get();
    page.counter("tandem_lbd_session_ends_total", "Sessions by what ended them, and on whose side.", count,
                 {{"cause", ends[end].name}, {"side", side_name(ends[end].side)}});
  }
}

void add_listener(MetricsText& page, std::string_view listener, const ListenerTotals& totals) {
  const Labels labels{{"listener", listener}};
  page.counter("tandem_lbd_listener_accepted_total", "Client connections accepted.", totals.accepted, labels);
  page.gauge("tandem_lbd_listener_connections", "Client connections open now.", totals.connections, labels);
  page.counter("tandem_lbd_listener_requests_total", "HTTP requests, or TCP connections.", totals.requests, labels);
  page.counter("tandem_lbd_listener_received_bytes_total", "Bytes from clients.", totals.bytes_received, labels);
  page.counter("tandem_lbd_listener_sent_bytes_total", "Bytes to clients.", totals.bytes_sent, labels);
  add_responses(page, "tandem_lbd_listener_responses_total", "Replies by status class.", totals.responses, labels);
  page.histogram("tandem_lbd_listener_latency_seconds", "First byte of the request to last byte of the reply.",
                 totals.latency, labels);
}

void add_health(MetricsText& page, const BackendState& state, const ProbeCounts& probes, const Labels& labels) {
  const Availability availability = state.availability();
  page.gauge("tandem_lbd_backend_up", "1 if the health check says up; 0 if down or not known yet.",
             availability.health == Availability::Health::up, labels);
  page.gauge("tandem_lbd_backend_draining", "1 if drained by an operator.", availability.draining, labels);
  page.gauge("tandem_lbd_backend_weight", "The weight in force.", availability.weight, labels);
  Labels with_result = labels;
  with_result.emplace_back("result", "passed");
  page.counter("tandem_lbd_health_checks_total", "Health checks by result.", probes.passed, with_result);
  with_result.back().second = "failed";
  page.counter("tandem_lbd_health_checks_total", "Health checks by result.", probes.failed, with_result);
  with_result.back().second = "inconclusive";
  page.counter("tandem_lbd_health_checks_total", "Health checks by result.", probes.inconclusive, with_result);
}

void add_backend(MetricsText& page, const BackendTotals& totals, const Labels& labels) {
  page.counter("tandem_lbd_backend_requests_total", "HTTP requests or TCP connections sent to it.", totals.requests,
               labels);
  page.counter("tandem_lbd_backend_errors_total", "Sessions that an error on its side ended.", totals.errors, labels);
  page.counter("tandem_lbd_backend_connects_total", "Connections opened to it.", totals.connects, labels);
  page.counter("tandem_lbd_backend_connect_errors_total", "Connections that could not be opened.",
               totals.connect_errors, labels);
  page.gauge("tandem_lbd_backend_active", "Requests or TCP connections in flight.", totals.active, labels);
  page.gauge("tandem_lbd_backend_idle_connections", "Connections kept for reuse.", totals.idle_connections, labels);
  page.counter("tandem_lbd_backend_retries_total", "Requests that went elsewhere after failing here.", totals.retries,
               labels);
  page.counter("tandem_lbd_backend_sent_bytes_total", "Bytes sent to it.", totals.bytes_sent, labels);
  page.counter("tandem_lbd_backend_received_bytes_total", "Bytes received from it.", totals.bytes_received, labels);
  add_responses(page, "tandem_lbd_backend_responses_total", "Replies by status class.", totals.responses, labels);
  page.histogram("tandem_lbd_backend_first_byte_seconds", "Request sent to first byte of the reply.",
                 totals.first_byte, labels);
}

}  // namespace

std::string metrics_page(LiveConfig& live, const MetricsContext& context) {
  MetricsText page;
  add_process(page, live, context);
  add_workers(page, live.workers());
  add_session_ends(page, live.workers());
  for (const auto& listener : live.config().listeners) {
    add_listener(page, listener.name, live.workers().totals(live.ids().listener(listener)));
  }
  for (const BackendState& state : live.board().all()) {
    const Labels labels{{"target_group", state.group}, {"backend", state.config.name}};
    add_health(page, state, live.health().counts(state.id), labels);
    add_backend(page, live.workers().totals(state.id), labels);
  }
  return page.str();
}

}  // namespace tandem::lbd
