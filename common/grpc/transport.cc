#include "common/grpc/transport.h"

#include <cstddef>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include <grpc/grpc.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

namespace wattfleet {

namespace {

constexpr int kMetadataBytesMax = 8 << 10;
constexpr std::size_t kServerMemoryBytesMax = 512U << 20;
constexpr int kServerThreadsMax = 16;

bool IsPort(std::string_view text) {
  int port = -1;
  return text.size() <= 5 && absl::SimpleAtoi(std::string(text), &port) && port >= 0 &&
         port <= 65535;
}

bool IsLoopbackV4(std::string_view host) {
  const std::vector<std::string> parts = absl::StrSplit(std::string(host), '.');
  if (parts.size() != 4 || parts[0] != "127") {
    return false;
  }
  for (const std::string& part : parts) {
    int value = -1;
    if (part.empty() || part.size() > 3 || !absl::SimpleAtoi(part, &value) || value < 0 ||
        value > 255) {
      return false;
    }
  }
  return true;
}

absl::Status RequireLoopback(const std::string& address) {
  if (IsLoopback(address)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrFormat(
      "\"%s\" is not a loopback address with a port, such as 127.0.0.1:7443; connections without "
      "TLS are allowed on loopback only",
      address));
}

grpc::ChannelArguments ClientArguments(int received_bytes_max) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 10'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 30'000);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(received_bytes_max);
  arguments.SetMaxSendMessageSize(kMessageBytesMax);
  return arguments;
}

}  // namespace

bool IsLoopback(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || !IsPort(address.substr(colon + 1))) {
    return false;
  }
  const std::string_view host = address.substr(0, colon);
  return host == "localhost" || host == "[::1]" || IsLoopbackV4(host);
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenLoopbackChannel(const std::string& address,
                                                                   int received_bytes_max) {
  if (absl::Status status = RequireLoopback(address); !status.ok()) {
    return status;
  }
  grpc::ChannelArguments arguments = ClientArguments(received_bytes_max);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

absl::Status AddLoopbackListener(const std::string& address, grpc::ServerBuilder& builder,
                                 int* bound_port) {
  if (absl::Status status = RequireLoopback(address); !status.ok()) {
    return status;
  }
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), bound_port);
  return absl::OkStatus();
}

void SetServerArguments(grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 300'000);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 4);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
  builder.SetMaxReceiveMessageSize(kMessageBytesMax);
  builder.SetMaxSendMessageSize(kReplyBytesMax);
  grpc::ResourceQuota quota("wattfleet");
  quota.Resize(kServerMemoryBytesMax);
  quota.SetMaxThreads(kServerThreadsMax);
  builder.SetResourceQuota(quota);
}

}  // namespace wattfleet
