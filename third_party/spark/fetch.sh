#!/usr/bin/env bash
# Spark and a module for it, for the tests in which Spark and weir read each other's tables: by package name, pinned and checksummed.
# usage: third_party/spark/fetch.sh MODULE DEST PIP, MODULE being delta or iceberg. Needs Java 17. Gives DEST/python (for PYTHONPATH) and
# DEST/jars.
set -euo pipefail
here=$(cd "$(dirname "$0")/$1" && pwd)
dest=$(mkdir -p "$2" && cd "$2" && pwd)
pip=$3
stamp=$(cat "$here/requirements.txt" "$here/jars.sha256" "$here/packages" | sha256sum)
[ "$(cat "$dest/.stamp" 2>/dev/null || true)" = "$stamp" ] && exit 0
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
"$pip" install --quiet --disable-pip-version-check --require-hashes --no-deps --target "$tmp/python" -r "$here/requirements.txt"
# Spark resolves its packages when a session starts.
PYTHONPATH="$tmp/python" "$(dirname "$pip")/python" - "$tmp/ivy" "$(cat "$here/packages")" <<'PYTHON' >"$tmp/log" 2>&1 || { tail -20 "$tmp/log" >&2; exit 1; }
import sys
from pyspark.sql import SparkSession
SparkSession.builder.master("local[1]").config("spark.jars.ivy", sys.argv[1]).config("spark.ui.enabled", "false").config(
    "spark.jars.packages", sys.argv[2]).getOrCreate().stop()
PYTHON
mkdir "$tmp/jars"
for jar in $(awk '{ print $2 }' "$here/jars.sha256"); do cp "$tmp/ivy/jars/$jar" "$tmp/jars"; done
(cd "$tmp/jars" && sha256sum --quiet --check "$here/jars.sha256")
rm -rf "$dest/python" "$dest/jars"
mv "$tmp/python" "$tmp/jars" "$dest"
echo "$stamp" > "$dest/.stamp"
