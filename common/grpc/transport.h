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

// Of one message in either direction; a larger one ends its stream with RESOURCE_EXHAUSTED.
inline constexpr int kMessageBytesMax = 2 << 20;

// Whether "HOST:PORT" names this machine's loopback and nothing else: an address in 127.0.0.0/8,
// [::1] or localhost, literally.
bool IsLoopback(std::string_view address);

// A channel without TLS, to a coordinator on this machine: keepalive every 20 s, message limit,
// reconnects within 30 s, no retries of its own, no HTTP proxy. Connects lazily.
// INVALID_ARGUMENT for any other address. Never let the last reference die in a gRPC callback.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenLoopbackChannel(const std::string& address);

// Adds a listener without TLS on this machine's loopback. `bound_port` is set when the server
// starts, 0 if the port was taken. INVALID_ARGUMENT for any other address.
absl::Status AddLoopbackListener(const std::string& address, grpc::ServerBuilder& builder,
                                 int* bound_port);

// What every listener of the coordinator has: keepalive that finds a dead peer within 40 s and
// allows the agents' pings, message limits, no port sharing, handshakes within 10 s.
void SetServerArguments(grpc::ServerBuilder& builder);

}  // namespace wattfleet

#endif  // WF_COMMON_GRPC_TRANSPORT_H_
