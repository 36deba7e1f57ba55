"""The command line of suites that compare weir with what another program was recorded doing."""
import argparse, pathlib

HERE = pathlib.Path(__file__).resolve().parent


def run(description, of_what, record, check, verbose=False):
    """The exit code. `record(only)` writes down what the other program does; `check(weir, only[, verbose])` compares."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--weir", default=HERE.parents[1] / "build/dev/weir")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--only", action="append", default=[], help=f"name of {of_what}")
    if verbose:
        parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    if arguments.record:
        record(arguments.only)
        return 0
    return check(str(pathlib.Path(arguments.weir).resolve()), arguments.only, *([arguments.verbose] if verbose else []))
