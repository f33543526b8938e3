#ifndef WF_COMMON_HTTP_HTTP_URL_H_
#define WF_COMMON_HTTP_HTTP_URL_H_

#include <optional>
#include <string_view>

namespace wattfleet {

// Whether a URL, with or without its scheme, means this host by a loopback name or address.
bool IsLoopbackUrl(std::string_view url);

// The port that a URL means: its own, else that of its scheme (http, https). Nothing where it has
// neither, or one that is none.
std::optional<int> PortOf(std::string_view url);

}  // namespace wattfleet

#endif  // WF_COMMON_HTTP_HTTP_URL_H_
