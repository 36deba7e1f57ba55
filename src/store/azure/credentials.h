// How requests to Azure show who sends them: a key, a shared access signature, or a token of Entra ID.
#pragma once

#include <memory>

#include "store/azure/config.h"
#include "store/remote/oauth.h"

namespace weir::store::azure {

struct Credentials {
  std::string account_key;   // raw bytes; "" = none
  std::string sas;           // "sv=…&sig=…", without '?'; "" = none
  remote::FetchToken token;  // empty = none
};

// The first that the environment offers:
//   AZURE_STORAGE_KEY or AZURE_STORAGE_ACCOUNT_KEY; AZURE_STORAGE_SAS_TOKEN
//   AZURE_STORAGE_CONNECTION_STRING: AccountKey or SharedAccessSignature
//   AZURE_TENANT_ID and AZURE_CLIENT_ID with AZURE_CLIENT_SECRET: a secret of an application
//   the same with AZURE_FEDERATED_TOKEN_FILE: workload identity; the file is read at each fetch
//   AZURE_TOKEN_CREDENTIALS=ManagedIdentityCredential: the managed identity of the machine (AZURE_CLIENT_ID chooses
//     one of several), from IDENTITY_ENDPOINT with IDENTITY_HEADER, else from the metadata service, which is asked only
//     if this variable says so
// AZURE_AUTHORITY_HOST: where tokens are asked for, if not at https://login.microsoftonline.com. Throws
// Error{store_credentials} if nothing is offered, or what is offered is incomplete; nothing is asked for before the
// first fetch. `http` is kept. The clock must outlive what is returned.
Credentials find_credentials(const Environment& environment, const std::shared_ptr<http::Client>& http, Clock& clock);

}  // namespace weir::store::azure
