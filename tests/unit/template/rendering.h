// Short ways to render for the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "template/environment.h"
#include "template/evaluation.h"
#include "template/object.h"

namespace weir::tmpl {

inline EnvironmentOptions dbt_options() {
  EnvironmentOptions options;
  options.dbt_blocks = true;
  return options;
}

inline std::string render(const std::string& source, Dict names = {}, EnvironmentOptions options = {}) {
  Environment environment(options);
  TableHost host(std::move(names));
  return environment.compile("t.sql", source)->render(host);
}

// The error that rendering (or compiling) `source` throws.
inline Error failure(const std::string& source, Dict names = {}, EnvironmentOptions options = {}) {
  try {
    std::string text = render(source, std::move(names), options);
    ADD_FAILURE() << "no error, but the text " << text;
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::internal, "no error");
}

inline Value native(const std::string& source, Dict names = {}, EnvironmentOptions options = {}) {
  Environment environment(options);
  TableHost host(std::move(names));
  return environment.compile("t.yml", source)->render_native(host);
}

}  // namespace weir::tmpl
