// Where the tokens of requests to Google come from. (Google Cloud, "How Application Default Credentials works";
// AIP-4110 to 4117 for the files.)
#pragma once

#include <memory>

#include "store/gcs/config.h"
#include "store/remote/oauth.h"

namespace weir::store::gcs {

// The first that the environment offers:
//   GOOGLE_APPLICATION_CREDENTIALS: a file
//   application_default_credentials.json in CLOUDSDK_CONFIG, else in ~/.config/gcloud: a file
//   GCE_METADATA_HOST: the metadata service of the machine, which is asked only if this variable names it
// A file is the key of a service account (its assertion is signed here), an external account (workload identity
// federation: a subject token from a file or a URL, exchanged at its token_url, and then, if it says so, for a token of
// a service account) or an authorized user (what `gcloud auth application-default login` leaves). Throws
// Error{store_credentials} if nothing is offered, or what is offered is incomplete; nothing is asked for before the
// first fetch. `http` is kept. The clock must outlive what is returned.
remote::FetchToken find_credentials(const Environment& environment, std::shared_ptr<http::Client> http, Clock& clock);

}  // namespace weir::store::gcs
