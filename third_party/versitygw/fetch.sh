#!/usr/bin/env bash
# Build versitygw, an S3 server that checks signatures, for the tests of the stores: by module name, pinned by go/go.sum.
# usage: third_party/versitygw/fetch.sh DEST. Needs Go 1.21 or newer (which brings the toolchain that go.mod asks for).
set -euo pipefail
dest=$(mkdir -p "$1" && cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
stamp=$(sha256sum <"$here/go/go.sum")
[ "$(cat "$dest/.stamp" 2>/dev/null || true)" = "$stamp" ] && exit 0
tmp=$(mktemp -d); trap 'chmod -R u+w "$tmp" 2>/dev/null || true; rm -rf "$tmp"' EXIT
export GOMODCACHE="$tmp/mod" GOCACHE="$tmp/cache" GOFLAGS="-modcacherw -mod=readonly" GOWORK=off
(cd "$here/go" && go mod download && go mod verify >/dev/null && go build -trimpath -o "$dest/versitygw" github.com/versity/versitygw/cmd/versitygw)
echo "$stamp" > "$dest/.stamp"
