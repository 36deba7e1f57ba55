#!/usr/bin/env bash
# Two copies of the same table in ./base: lake (with deletion vectors) and plain (for peers that cannot write them).
# usage: setup.sh WEIR DATA
set -euo pipefail
for kind in lake plain; do
  properties="'delta.targetFileSize' = '32mb'"
  [ $kind = lake ] && properties="$properties, 'delta.enableDeletionVectors' = 'true'"
  mkdir -p base/$kind
  "$1" sql --write --lake base/$kind "CREATE TABLE lineitem WITH ($properties) AS SELECT * FROM read_parquet('$2/base.parquet')"
done
ln -sfn "$2" data
