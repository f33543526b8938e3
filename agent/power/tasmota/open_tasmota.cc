#include "agent/power/tasmota/open_tasmota.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include <nlohmann/json.hpp>

#include "agent/power/asked_source.h"
#include "agent/power/http_poll.h"
#include "agent/power/network_options.h"
#include "agent/power/source_options.h"
#include "agent/power/tasmota/parse_tasmota.h"
#include "common/status/status_macros.h"

namespace wattfleet::agent {

namespace {

using std::chrono::milliseconds;

constexpr char kPath[] = "/cm?cmnd=Status%208";

std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    if (is_plain) {
      escaped.push_back(c);
    } else {
      absl::StrAppendFormat(&escaped, "%%%02X", static_cast<unsigned char>(c));
    }
  }
  return escaped;
}

struct Plug {
  HttpPoll poll;
  std::string credentials;  // of the query; empty without
  std::optional<std::size_t> socket;

  absl::StatusOr<double> Ask() {
    const absl::StatusOr<std::string> answer = poll.Get(kPath + credentials);
    if (!answer.ok() && !credentials.empty()) {
      return absl::Status(
          answer.status().code(),
          absl::StrReplaceAll(std::string(answer.status().message()), {{credentials, ""}}));
    }
    WF_RETURN_IF_ERROR(answer.status());
    return ParseTasmotaPower(*answer, socket);
  }
};

absl::StatusOr<std::optional<std::size_t>> SocketOption(const SourceOptions& options) {
  const std::string text = TextOption(options, "socket", "");
  std::size_t socket = 0;
  if (text.empty()) {
    return std::optional<std::size_t>();
  }
  if (!absl::SimpleAtoi(text, &socket) || socket == 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("socket is \"%s\": a socket's number, from 1", text));
  }
  return std::optional<std::size_t>(socket);
}

}  // namespace

absl::StatusOr<std::unique_ptr<PowerSource>> OpenTasmota(const SourceRequest& request,
                                                         const PowerPaths&) {
  const SourceOptions& options = request.options;
  WF_RETURN_IF_ERROR(CheckOptionNames(request, WithHttpOptions(WithNetworkOptions({"socket"}))));
  WF_ASSIGN_OR_RETURN(const auto poll_period, NetworkPollPeriod(options));
  WF_ASSIGN_OR_RETURN(const std::optional<std::size_t> socket, SocketOption(options));
  WF_ASSIGN_OR_RETURN(
      HttpEndpoint endpoint,
      ReadHttpEndpoint(options, HttpCredentials::Scheme::kDigest, milliseconds(2'000)));
  std::string credentials;
  if (endpoint.credentials) {
    credentials = absl::StrCat("&user=", Escaped(endpoint.credentials->user),
                               "&password=", Escaped(endpoint.credentials->password));
    endpoint.credentials.reset();
  }
  NetworkDefaults defaults;
  defaults.unit = {100'000, 1};  // 0.1 W
  defaults.window = milliseconds(6'000);
  defaults.max_watts = 4'000;
  defaults.error_half_width = 0.02;
  WF_ASSIGN_OR_RETURN(ChannelSpec spec, NetworkChannel(request, endpoint.place, defaults));
  spec.facts_json =
      NetworkFacts({{"place", endpoint.place}, {"asked", kPath}, {"untested on hardware", true}},
                   spec, defaults);
  const std::shared_ptr<Plug> plug(new Plug{HttpPoll(std::move(endpoint)), credentials, socket});
  WF_RETURN_IF_ERROR(plug->Ask().status());
  return std::make_unique<AskedSource>(request.name, std::move(spec), poll_period,
                                       AskedSource::Question{[plug] { return plug->Ask(); }, 0.1});
}

}  // namespace wattfleet::agent
