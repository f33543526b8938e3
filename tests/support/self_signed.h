#ifndef WF_TESTS_SUPPORT_SELF_SIGNED_H_
#define WF_TESTS_SUPPORT_SELF_SIGNED_H_

#include <string>

#include "tests/support/temp_dir.h"

namespace wattfleet::testing {

struct CertificateFiles {
  std::string certificate;  // PEM, for 127.0.0.1
  std::string key;
  std::string pin;  // of the public key: CurlHttpOptions::pinned_key
};

// Makes a key and a certificate signed with it, in `dir`.
CertificateFiles WriteSelfSigned(const TempDir& dir);

}  // namespace wattfleet::testing

#endif  // WF_TESTS_SUPPORT_SELF_SIGNED_H_
