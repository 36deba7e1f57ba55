#!/usr/bin/env bash
# Azurite, a server that speaks Azure Blob Storage's protocol and checks its signatures, for the tests of the stores: by package
# name, pinned and checksummed by package-lock.json.
# usage: third_party/azurite/fetch.sh DEST. Needs Node 18 or newer and npm. Gives DEST/node_modules/.bin/azurite-blob.
set -euo pipefail
dest=$(mkdir -p "$1" && cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
stamp=$(sha256sum <"$here/package-lock.json")
[ "$(cat "$dest/.stamp" 2>/dev/null || true)" = "$stamp" ] && exit 0
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
cp "$here/package.json" "$here/package-lock.json" "$tmp"
(cd "$tmp" && npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund --silent)
rm -rf "$dest/node_modules"
mv "$tmp/node_modules" "$dest"
echo "$stamp" >"$dest/.stamp"
