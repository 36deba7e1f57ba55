// Which URIs name a place that is reached over a network.
#pragma once

#include <string_view>

namespace weir::store {

// By the scheme: "s3://bucket/x", "gs://…", "az://…", "hdfs://…" and the others that open() (object_store.h) knows.
bool is_remote_uri(std::string_view uri);

}  // namespace weir::store
