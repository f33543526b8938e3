#include "agent/engine/running_engine.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "common/http/http_url.h"

namespace wattfleet::agent {

namespace {

// As /proc names them, in 15 bytes.
constexpr std::array<std::string_view, 20> kRelays = {
    "caddy",   "conmon",  "containerd-shi", "docker-proxy", "envoy",
    "gvproxy", "haproxy", "kubectl",        "kube-proxy",   "nginx",
    "pasta",   "passt",   "rootlessport",   "rootlesskit",  "slirp4netns",
    "socat",   "ssh",     "sshd",           "systemd",      "traefik"};

}  // namespace

std::optional<int> ProcessBehind(const ProcessTable& table, std::string_view url, int own_pid) {
  const std::optional<int> port = IsLoopbackUrl(url) ? PortOf(url) : std::nullopt;
  const std::optional<int> listener = port ? table.Listener(*port) : std::nullopt;
  if (!listener || *listener <= 1) {
    return std::nullopt;
  }
  const std::string name = table.Name(*listener);
  const bool is_relay =
      std::any_of(kRelays.begin(), kRelays.end(), [&name](std::string_view relay) {
        return name == relay || (relay == "systemd" && name.starts_with("(systemd"));
      });
  const bool is_ours = FamilyOf(table.Processes(), {*listener}).contains(own_pid);
  return is_relay || is_ours ? std::nullopt : listener;
}

}  // namespace wattfleet::agent
