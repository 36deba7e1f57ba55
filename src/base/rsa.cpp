// Loaded, not linked: reading keys would pull most of libcrypto into the binary, and only few runs need it. libcurl,
// which is loaded likewise, brings the library along.
#include "base/rsa.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

#include "base/error.h"
#include "base/loaded_library.h"

namespace weir {

namespace {

struct CryptoLibrary {
  decltype(&BIO_new_mem_buf) bio_new;
  decltype(&BIO_free) bio_free;
  decltype(&PEM_read_bio_PrivateKey) read_key;
  decltype(&EVP_PKEY_free) key_free;
  decltype(&EVP_MD_CTX_new) context_new;
  decltype(&EVP_MD_CTX_free) context_free;
  decltype(&EVP_sha256) sha256;
  decltype(&EVP_DigestSignInit) sign_init;
  decltype(&EVP_DigestSign) sign;
};

CryptoLibrary load_crypto() {
  const LoadedLibrary library({"libcrypto.so.3"}, "libcrypto", "which signs with RSA keys", "libssl3");
  CryptoLibrary crypto{};
  library.resolve("BIO_new_mem_buf", crypto.bio_new);
  library.resolve("BIO_free", crypto.bio_free);
  library.resolve("PEM_read_bio_PrivateKey", crypto.read_key);
  library.resolve("EVP_PKEY_free", crypto.key_free);
  library.resolve("EVP_MD_CTX_new", crypto.context_new);
  library.resolve("EVP_MD_CTX_free", crypto.context_free);
  library.resolve("EVP_sha256", crypto.sha256);
  library.resolve("EVP_DigestSignInit", crypto.sign_init);
  library.resolve("EVP_DigestSign", crypto.sign);
  return crypto;
}

const CryptoLibrary& crypto_library() {
  static const CryptoLibrary of_the_process = load_crypto();
  return of_the_process;
}

// A key with a passphrase is refused instead of asking the terminal for it.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

std::string rsa_sha256_signature(std::string_view private_key, std::string_view message) {
  const CryptoLibrary& crypto = crypto_library();
  const std::unique_ptr<BIO, decltype(crypto.bio_free)> text(
      crypto.bio_new(private_key.data(), static_cast<int>(private_key.size())), crypto.bio_free);
  const std::unique_ptr<EVP_PKEY, decltype(crypto.key_free)> key(
      text ? crypto.read_key(text.get(), nullptr, no_passphrase, nullptr) : nullptr, crypto.key_free);
  if (!key) throw Error(ErrorCode::store_credentials, "the private key is no PEM text of a key without passphrase");
  const std::unique_ptr<EVP_MD_CTX, decltype(crypto.context_free)> context(crypto.context_new(), crypto.context_free);
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  size_t length = 0;
  std::string signature;
  bool ok = context && crypto.sign_init(context.get(), nullptr, crypto.sha256(), nullptr, key.get()) == 1 &&
            crypto.sign(context.get(), nullptr, &length, bytes, message.size()) == 1;
  if (ok) {
    signature.resize(length);
    ok = crypto.sign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length, bytes,
                     message.size()) == 1;
  }
  if (!ok) throw Error(ErrorCode::store_credentials, "the private key cannot sign");
  signature.resize(length);
  return signature;
}

}  // namespace weir
