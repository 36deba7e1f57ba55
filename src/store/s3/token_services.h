// The services that hand out temporary credentials. Each throws Error{store_credentials} naming the service and what it
// answered (status and code, never a body).
#pragma once

#include "store/s3/credentials.h"

namespace weir::store::s3 {

struct Role {
  std::string arn;
  std::string session_name;  // "" = weir-<time>
  std::string external_id;   // "" = none
};

// AssumeRole, signed with `base`. (AWS Security Token Service API Reference, 2011-06-15.)
Credentials assume_role(http::Client& http, const http::Endpoint& sts, const std::string& region, const Role& role,
                        const Credentials& base, Clock& clock);
// AssumeRoleWithWebIdentity, with the token that the file holds now.
Credentials assume_role_with_web_identity(http::Client& http, const http::Endpoint& sts, const Role& role,
                                          const std::string& token_file, Clock& clock);

// The endpoint of a container's platform. `authorization` is sent as it is, unless empty.
Credentials container_credentials(http::Client& http, const std::string& url, const std::string& authorization);

// The metadata service of an EC2 instance, version 2 (with a session token; version 1 is not asked).
Credentials instance_credentials(http::Client& http, const http::Endpoint& service);

}  // namespace weir::store::s3
