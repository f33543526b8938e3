#ifndef WF_COMMON_HTTP_CURL_HTTP_OPTIONS_H_
#define WF_COMMON_HTTP_CURL_HTTP_OPTIONS_H_

#include <string>

namespace wattfleet {

// Whom a client trusts.
struct CurlHttpOptions {
  std::string ca_file;  // certificates trusted instead of the system's; empty = the system's
  // "sha256//" and the base64 of the SHA-256 of the server's public key (DER). When set, a server
  // with that key is trusted whatever its certificate says, and no other. Printed by
  //   openssl s_client -connect HOST:443 < /dev/null | openssl x509 -pubkey -noout |
  //     openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64
  std::string pinned_key;
};

}  // namespace wattfleet

#endif  // WF_COMMON_HTTP_CURL_HTTP_OPTIONS_H_
