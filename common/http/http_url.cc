#include "common/http/http_url.h"

#include <charconv>
#include <cstddef>
#include <system_error>

namespace wattfleet {

bool IsLoopbackUrl(std::string_view url) {
  const std::size_t scheme = url.find("://");
  url.remove_prefix(scheme == std::string_view::npos ? 0 : scheme + 3);
  const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  const std::string_view host = authority.starts_with('[')
                                    ? authority.substr(0, authority.find(']') + 1)
                                    : authority.substr(0, authority.find(':'));
  if (host == "localhost" || host == "[::1]") {
    return true;
  }
  return host.starts_with("127.") &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::optional<int> PortOf(std::string_view url) {
  constexpr int kMost = 65'535;
  const std::size_t end = url.find("://");
  const std::string_view scheme = end == std::string_view::npos ? "" : url.substr(0, end);
  url.remove_prefix(end == std::string_view::npos ? 0 : end + 3);
  std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  authority.remove_prefix(authority.rfind('@') + 1);  // npos + 1 is 0
  const std::size_t host_end = authority.starts_with('[') ? authority.find(']') : 0;
  if (host_end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t colon = authority.find(':', host_end);
  if (colon == std::string_view::npos) {
    return scheme == "http"    ? std::optional(80)
           : scheme == "https" ? std::optional(443)
                               : std::nullopt;
  }
  const std::string_view digits = authority.substr(colon + 1);
  int port = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool is_port = parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size() &&
                       port > 0 && port <= kMost;
  return is_port ? std::optional(port) : std::nullopt;
}

}  // namespace wattfleet
