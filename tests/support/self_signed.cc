#include "tests/support/self_signed.h"

#include <array>
#include <cstdio>
#include <memory>
#include <vector>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include "common/check/check.h"

namespace wattfleet::testing {

namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Free>;

std::string PinOf(EVP_PKEY* key) {
  std::vector<unsigned char> der(static_cast<std::size_t>(i2d_PUBKEY(key, nullptr)));
  unsigned char* end = der.data();
  i2d_PUBKEY(key, &end);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(der.data(), der.size(), digest.data());
  std::array<unsigned char, 64> base64{};
  EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
  return std::string("sha256//") + reinterpret_cast<const char*>(base64.data());
}

}  // namespace

CertificateFiles WriteSelfSigned(const TempDir& dir) {
  const std::unique_ptr<EVP_PKEY, Free> key(EVP_EC_gen("P-256"));
  const std::unique_ptr<X509, Free> certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const auto* text = reinterpret_cast<const unsigned char*>("wattfleet test");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  const std::unique_ptr<X509_EXTENSION, Free> address(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1"));
  X509_add_ext(certificate.get(), address.get(), -1);
  WF_CHECK(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);

  CertificateFiles files{
      .certificate = dir.Path("cert.pem"), .key = dir.Path("key.pem"), .pin = PinOf(key.get())};
  PEM_write_X509(File(std::fopen(files.certificate.c_str(), "w")).get(), certificate.get());
  PEM_write_PrivateKey(File(std::fopen(files.key.c_str(), "w")).get(), key.get(), nullptr, nullptr,
                       0, nullptr, nullptr);
  return files;
}

}  // namespace wattfleet::testing
