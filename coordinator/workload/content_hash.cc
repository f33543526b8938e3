#include "coordinator/workload/content_hash.h"

#include "absl/strings/escaping.h"
#include <openssl/evp.h>

#include "common/check/check.h"

namespace wattfleet::coordinator {

struct ContentHash::State {
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> digest{EVP_MD_CTX_new()};
};

ContentHash::ContentHash() : state_(std::make_unique<State>()) {
  WF_CHECK(EVP_DigestInit_ex(state_->digest.get(), EVP_sha256(), nullptr) == 1);
}

ContentHash::~ContentHash() = default;

void ContentHash::Add(std::string_view bytes) {
  WF_CHECK(EVP_DigestUpdate(state_->digest.get(), bytes.data(), bytes.size()) == 1);
}

std::string ContentHash::Finish() {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  WF_CHECK(EVP_DigestFinal_ex(state_->digest.get(), hash, &size) == 1);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(hash), size));
}

std::string ShortHash(std::string_view text, std::size_t digits) {
  ContentHash hash;
  hash.Add(text);
  return hash.Finish().substr(0, digits);
}

}  // namespace wattfleet::coordinator
