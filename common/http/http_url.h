#ifndef WF_COMMON_HTTP_HTTP_URL_H_
#define WF_COMMON_HTTP_HTTP_URL_H_

#include <string_view>

namespace wattfleet {

// Whether a URL, with or without its scheme, means this host by a loopback name or address.
bool IsLoopbackUrl(std::string_view url);

}  // namespace wattfleet

#endif  // WF_COMMON_HTTP_HTTP_URL_H_
