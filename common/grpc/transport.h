#ifndef WF_COMMON_GRPC_TRANSPORT_H_
#define WF_COMMON_GRPC_TRANSPORT_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include <grpcpp/channel.h>
#include <grpcpp/server_builder.h>

namespace wattfleet {

// Of one message between agent and coordinator, and of an operator's request; a larger one ends its
// stream with RESOURCE_EXHAUSTED.
inline constexpr int kMessageBytesMax = 2 << 20;
// Of a reply to an operator: a report of hundreds of pairs by hundreds of subjects takes megabytes.
inline constexpr int kReplyBytesMax = 256 << 20;

// Whether "HOST:PORT" names this machine's loopback and nothing else: an address in 127.0.0.0/8,
// [::1] or localhost, literally.
bool IsLoopback(std::string_view address);

// A channel without TLS, to a coordinator on this machine: keepalive every 20 s, takes messages of
// at most `received_bytes_max`, reconnects within 30 s, no retries of its own, no HTTP proxy.
// Connects lazily.
// INVALID_ARGUMENT for any other address. Never let the last reference die in a gRPC callback.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenLoopbackChannel(
    const std::string& address, int received_bytes_max = kMessageBytesMax);

// Adds a listener without TLS on this machine's loopback. `bound_port` is set when the server
// starts, 0 if the port was taken. INVALID_ARGUMENT for any other address.
absl::Status AddLoopbackListener(const std::string& address, grpc::ServerBuilder& builder,
                                 int* bound_port);

// What every listener of the coordinator has: keepalive that finds a dead peer within 40 s and
// allows the agents' pings, kMessageBytesMax of what comes in and kReplyBytesMax of what goes out,
// no port sharing, handshakes within 10 s.
void SetServerArguments(grpc::ServerBuilder& builder);

}  // namespace wattfleet

#endif  // WF_COMMON_GRPC_TRANSPORT_H_
