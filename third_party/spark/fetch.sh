#!/usr/bin/env bash
# Spark and Delta's module for it, for the test in which Spark and weir take turns: by package name, pinned and checksummed.
# usage: third_party/spark/fetch.sh DEST PIP. Needs Java 17. Gives DEST/python (for PYTHONPATH) and DEST/jars.
set -euo pipefail
dest=$(mkdir -p "$1" && cd "$1" && pwd)
pip=$2
here=$(cd "$(dirname "$0")" && pwd)
stamp=$(cat "$here/requirements.txt" "$here/jars.sha256" | sha256sum)
[ "$(cat "$dest/.stamp" 2>/dev/null || true)" = "$stamp" ] && exit 0
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
"$pip" install --quiet --disable-pip-version-check --require-hashes --no-deps --target "$tmp/python" -r "$here/requirements.txt"
# Spark resolves its packages when a session starts.
PYTHONPATH="$tmp/python" "$(dirname "$pip")/python" - "$tmp/ivy" <<'PYTHON' >"$tmp/log" 2>&1 || { tail -20 "$tmp/log" >&2; exit 1; }
import sys
from pyspark.sql import SparkSession
SparkSession.builder.master("local[1]").config("spark.jars.ivy", sys.argv[1]).config("spark.ui.enabled", "false").config(
    "spark.jars.packages", "io.delta:delta-spark_4.2_2.13:4.4.0").getOrCreate().stop()
PYTHON
mkdir "$tmp/jars"
cp "$tmp"/ivy/jars/io.delta_* "$tmp"/ivy/jars/io.unitycatalog_* "$tmp/jars"
(cd "$tmp/jars" && sha256sum --quiet --check "$here/jars.sha256")
rm -rf "$dest/python" "$dest/jars"
mv "$tmp/python" "$tmp/jars" "$dest"
echo "$stamp" > "$dest/.stamp"
