# Compiler flags of our own code; third-party headers come in as SYSTEM.
set(WEIR_DEV_LEVEL "-O1" CACHE STRING "level of optimization of builds that are not shipped")
set(CMAKE_CXX_FLAGS_DEV "${WEIR_DEV_LEVEL} -g1 -D_GLIBCXX_ASSERTIONS" CACHE STRING "" FORCE)
set(CMAKE_C_FLAGS_DEV "${WEIR_DEV_LEVEL} -g1" CACHE STRING "" FORCE)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG -Wno-stringop-overread" CACHE STRING "" FORCE)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Dev)
endif()

add_library(weir_flags INTERFACE)
target_compile_options(weir_flags INTERFACE -Wall -Wextra -Wconversion -Werror -fno-omit-frame-pointer)
target_include_directories(weir_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(weir_flags INTERFACE WEIR_VERSION="${PROJECT_VERSION}")
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(weir_flags INTERFACE "SHELL:-Xclang -fno-pch-timestamp")  # or ccache misses after each checkout
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # DuckDB's archives hold strong symbols for static constexpr members; ours must not be GNU_UNIQUE beside them.
  target_compile_options(weir_flags INTERFACE -fno-gnu-unique)
  # GCC 12 reports false positives of these inside std::string and std::variant at -O1 and above.
  target_compile_options(weir_flags INTERFACE -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds)
endif()
if(WEIR_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(weir_flags INTERFACE -Wno-subobject-linkage)  # means headers; a batch includes .cpp files
endif()
if(WEIR_SANITIZE)
  add_compile_options(-fsanitize=${WEIR_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WEIR_SANITIZE})
endif()
if(WEIR_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
# DuckDB's archives are 130 MB: gold, which binutils brings, links them in half the time of ld.
find_program(WEIR_GOLD ld.gold)
if(WEIR_GOLD AND NOT WEIR_SANITIZE)
  add_link_options(-fuse-ld=gold)
endif()
