# Every third-party library, one target each. DuckDB is fetched by package name and checksum (third_party/duckdb/fetch.sh);
# the rest are Debian packages, linked statically so that the binary runs on a bare machine.
find_package(Threads REQUIRED)
set(CMAKE_FIND_LIBRARY_SUFFIXES .a ${CMAKE_FIND_LIBRARY_SUFFIXES})

function(weir_static name library)
  find_library(WEIR_LIB_${name} NAMES lib${library}.a REQUIRED)
  add_library(dep_${name} INTERFACE)
  target_link_libraries(dep_${name} INTERFACE ${WEIR_LIB_${name}} ${ARGN})
endfunction()
weir_static(yaml yaml-cpp)
weir_static(crypto crypto Threads::Threads ${CMAKE_DL_LIBS})
weir_static(sqlite sqlite3 Threads::Threads ${CMAKE_DL_LIBS})
weir_static(zstd zstd)
weir_static(z z)
weir_static(re2 re2 Threads::Threads)
weir_static(expat expat)
weir_static(md md)
weir_static(bsd bsd dep_md)
weir_static(tinfo tinfo)
weir_static(edit edit dep_tinfo dep_bsd)  # line editing of the interactive shell

# libcurl is loaded when a remote store is first opened (src/store/http/curl_library.h): only its headers are needed here.
find_path(WEIR_CURL_HEADERS curl/curl.h REQUIRED)
add_library(dep_curl INTERFACE)
target_include_directories(dep_curl SYSTEM INTERFACE ${WEIR_CURL_HEADERS})
target_link_libraries(dep_curl INTERFACE ${CMAKE_DL_LIBS})

add_library(dep_fmt STATIC ${CMAKE_SOURCE_DIR}/cmake/fmt.cpp)   # Debian ships {fmt} shared only: its one source is compiled in

set(WEIR_DUCKDB_DIR "${CMAKE_SOURCE_DIR}/third_party/duckdb/dist" CACHE PATH "headers and library of the pinned DuckDB")
if(NOT EXISTS "${WEIR_DUCKDB_DIR}/include/duckdb.hpp")
  execute_process(COMMAND "${CMAKE_SOURCE_DIR}/third_party/duckdb/fetch.sh" "${WEIR_DUCKDB_DIR}" COMMAND_ERROR_IS_FATAL ANY)
endif()
add_library(duckdb INTERFACE)
target_include_directories(duckdb SYSTEM INTERFACE "${WEIR_DUCKDB_DIR}/include")
file(GLOB _archives CONFIGURE_DEPENDS "${WEIR_DUCKDB_DIR}/lib/*.a")
list(FILTER _archives EXCLUDE REGEX "tpch|tpcds")
if(WEIR_DUCKDB_LINK STREQUAL "static")
  target_link_libraries(duckdb INTERFACE -Wl,--start-group ${_archives} -Wl,--end-group Threads::Threads ${CMAKE_DL_LIBS})
  target_compile_definitions(duckdb INTERFACE DUCKDB_STATIC_BUILD)
else()  # the same archives as one library: what the thread sanitizer is told to look away from has to be a module of its own
  file(WRITE "${CMAKE_BINARY_DIR}/duckdb_shared.cpp" "")
  add_library(duckdb_shared SHARED "${CMAKE_BINARY_DIR}/duckdb_shared.cpp")
  set_target_properties(duckdb_shared PROPERTIES OUTPUT_NAME duckdb UNITY_BUILD OFF)
  target_link_libraries(duckdb_shared PRIVATE -Wl,--allow-multiple-definition -Wl,--whole-archive ${_archives} -Wl,--no-whole-archive Threads::Threads ${CMAKE_DL_LIBS})
  target_link_libraries(duckdb INTERFACE duckdb_shared Threads::Threads)
endif()
