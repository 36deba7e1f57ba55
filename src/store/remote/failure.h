// What a request that failed for good means to the caller of a store.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "store/http/retry.h"

namespace weir::store::remote {

// What a store's answer says of itself; left as it is if there was no answer.
struct Failure {
  ErrorCode code = ErrorCode::store_io;
  std::string why;   // "403 AccessDenied (…)"
  std::string hint;  // what to do
};

// "<status> <code> (<message>)", with what is missing left out.
std::string complaint_text(int status, const std::string& code, const std::string& message);

// Throws Error{failure.code} "cannot read s3://…: why, after 3 attempts"; of a put that may have happened
// Error{store_unknown}.
[[noreturn]] void throw_failure(std::string_view verb, const std::string& uri, const http::Outcome& outcome,
                                const Failure& failure, bool is_put);

}  // namespace weir::store::remote
