// Where the keys of requests come from, and when they are asked for again.
//
// Secrets never stand in errors: what a service answered is quoted by its status and error code only.
#pragma once

#include <functional>
#include <memory>

#include "store/http/retry.h"
#include "store/remote/expiring.h"
#include "store/s3/profiles.h"
#include "store/s3/signer.h"

namespace weir::store::s3 {

// Asks for credentials, each time anew.
using FetchCredentials = std::function<Credentials()>;

using CredentialCache = remote::Expiring<Credentials>;

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
