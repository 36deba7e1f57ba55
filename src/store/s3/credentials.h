// Where the keys of requests come from, and when they are asked for again.
//
// Secrets never stand in errors: what a service answered is quoted by its status and error code only.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "store/http/retry.h"
#include "store/s3/profiles.h"
#include "store/s3/signer.h"

namespace weir::store::s3 {

// Asks for credentials, each time anew.
using FetchCredentials = std::function<Credentials()>;

// Keeps credentials until shortly before they expire. Thread-safe.
class CredentialCache {
 public:
  // The clock must outlive the cache.
  CredentialCache(FetchCredentials fetch, Clock& clock) : fetch_(std::move(fetch)), clock_(clock) {}
  // Asks anew five minutes before they expire; if that fails, those known are given while they are valid.
  Credentials get();
  // `rejected` was refused as expired. True if there are other ones now.
  bool renew(const Credentials& rejected);

 private:
  FetchCredentials fetch_;
  Clock& clock_;
  std::mutex mutex_;
  std::optional<Credentials> known_;
};

// The first that the environment offers, in the order of AWS's own tools:
//   AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN
//   AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN, through STS
//   the profile: its keys; a role_arn with source_profile, web_identity_token_file or credential_source, through STS;
//     a credential_source alone (Environment, EcsContainer, Ec2InstanceMetadata)
//   AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or AWS_CONTAINER_CREDENTIALS_FULL_URI
// The metadata service of the machine is asked only if the profile says so. Throws Error{store_credentials} if nothing
// is offered, or what is offered is incomplete; nothing is asked for before the first fetch. `http` is kept.
FetchCredentials find_credentials(const Environment& environment, const Profiles& profiles, const std::string& region,
                                  std::shared_ptr<http::Client> http, Clock& clock);

}  // namespace weir::store::s3
