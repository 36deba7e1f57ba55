// The command line program.
#pragma once

namespace weir::cli {

// Runs one invocation and returns its exit code. Nothing is thrown.
int main(int argc, char** argv);

}  // namespace weir::cli
