// A text to a stream, whole; standard output unless told.
#pragma once

#include <cstdio>
#include <string>

namespace weir::cli {

inline void print(std::FILE* out, const std::string& text) { std::fwrite(text.data(), 1, text.size(), out); }
inline void print(const std::string& text) { print(stdout, text); }

}  // namespace weir::cli
