#include "common/http/http_url.h"

#include <cstddef>

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

}  // namespace wattfleet
