// The program that runs a Python model inside the interpreter. It is started with the path of a request, a JSON file:
//   model        path of the model's file, for tracebacks     program       the text to run
//   inputs       [{relation, place: [database, schema, name], file, columns: [[name, type]]}]; the file may have a
//   column as
//                something else, from which it is cast
//   place        [database, schema] that plain names mean      module_paths  folders to import from
//   time_zone    of the session; "" = the machine's            result        Parquet file to write
//   answer       JSON file to write: {columns: [[name, type]]}, or {error, line, missing}
// Standard input is a pipe that ends when weir does; the program ends with it.
#pragma once

#include <string_view>

namespace weir::run {

std::string_view python_runner();

}  // namespace weir::run
