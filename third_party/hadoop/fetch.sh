#!/usr/bin/env bash
# Hadoop's cluster of one node, for the tests of the stores: by package name, pinned by pom.xml and checksummed by jars.sha256.
# usage: third_party/hadoop/fetch.sh DEST. Needs Java 17 and Maven. Gives DEST/jars.
set -euo pipefail
dest=$(mkdir -p "$1" && cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
stamp=$(cat "$here/pom.xml" "$here/jars.sha256" | sha256sum)
[ "$(cat "$dest/.stamp" 2>/dev/null || true)" = "$stamp" ] && exit 0
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
cp "$here/pom.xml" "$tmp"
(cd "$tmp" && mvn --quiet --batch-mode -Dmaven.repo.local="$tmp/repository" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$tmp/jars")
(cd "$tmp/jars" && sha256sum --quiet --check "$here/jars.sha256" && [ "$(ls | wc -l)" = "$(wc -l <"$here/jars.sha256")" ])
rm -rf "$dest/jars"
mv "$tmp/jars" "$dest"
echo "$stamp" >"$dest/.stamp"
