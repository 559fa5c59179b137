// How the enumerations of the model are written in tandem.json; one table for reading,
// showing and documenting them.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "common/config/model.hpp"

namespace tandem::config {

/// The words of an enumeration, in the order of its enumerators (which count from 0).
using Names = std::span<const std::string_view>;

inline constexpr std::array<std::string_view, 2> split_policy_names{"availability", "preferred"};
inline constexpr std::array<std::string_view, 5> track_kind_names{"interface", "route", "witness", "file", "script"};
inline constexpr std::array<std::string_view, 3> checksum_choice_names{"auto", "rfc9568", "rfc5798"};
inline constexpr std::array<std::string_view, 3> engine_names{"auto", "epoll", "io_uring"};
inline constexpr std::array<std::string_view, 5> listener_protocol_names{"http", "https", "tcp",
                                                                         "tls", "udp"};
inline constexpr std::array<std::string_view, 5> backend_protocol_names{"http", "https", "tcp",
                                                                        "tls", "udp"};
inline constexpr std::array<std::string_view, 7> algorithm_names{
    "p2c", "round_robin", "least_connections", "random", "consistent_hash", "maglev", "peak_ewma"};
inline constexpr std::array<std::string_view, 3> forwarding_names{"proxy", "nat", "dsr"};
inline constexpr std::array<std::string_view, 3> proxy_protocol_names{"none", "v1", "v2"};
inline constexpr std::array<std::string_view, 4> health_check_type_names{"tcp", "http", "tls",
                                                                         "grpc"};
inline constexpr std::array<std::string_view, 2> sticky_type_names{"cookie", "source"};
inline constexpr std::array<std::string_view, 7> condition_kind_names{
    "host", "path", "method", "header", "query", "cookie", "source"};

constexpr Names names_of(SplitPolicy) { return split_policy_names; }
constexpr Names names_of(TrackConfig::Kind) { return track_kind_names; }
constexpr Names names_of(ChecksumChoice) { return checksum_choice_names; }
constexpr Names names_of(Engine) { return engine_names; }
constexpr Names names_of(ListenerProtocol) { return listener_protocol_names; }
constexpr Names names_of(BackendProtocol) { return backend_protocol_names; }
constexpr Names names_of(Algorithm) { return algorithm_names; }
constexpr Names names_of(Forwarding) { return forwarding_names; }
constexpr Names names_of(ProxyProtocol) { return proxy_protocol_names; }
constexpr Names names_of(HealthCheckConfig::Type) { return health_check_type_names; }
constexpr Names names_of(StickyConfig::Type) { return sticky_type_names; }
constexpr Names names_of(ConditionConfig::Kind) { return condition_kind_names; }

/// The word for `value`, as it stands in the file: "least_connections".
template <class Enum>
constexpr std::string_view name_of(Enum value) {
  return names_of(value)[static_cast<std::size_t>(value)];
}

}  // namespace tandem::config
