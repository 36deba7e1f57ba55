#!/usr/bin/env bash
# A table of clicks in no order, in ./base. usage: setup.sh WEIR DATA TARGET_FILE_SIZE
set -euo pipefail
mkdir -p base
"$1" sql --write --lake base/lake "CREATE TABLE clicks WITH ('delta.targetFileSize' = '$3') AS SELECT * FROM read_parquet('$2/clicks.parquet')"
