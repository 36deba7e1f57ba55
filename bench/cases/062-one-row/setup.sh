#!/usr/bin/env bash
# Four tables of 100 M rows in about 40 files: ./base/{ordered,spread}, in the order of their key or with keys spread over
# all files, and the same as ./base/plain-{ordered,spread} without deletion vectors (for peers that cannot write them).
# one.parquet is a row with a key in the middle and another note.
# usage: setup.sh WEIR ORDER   (ordered or spread)
set -euo pipefail
key=i; [ "$2" = spread ] && key='i * 61803397 % 100000000'  # a permutation
for kind in "" plain-; do
  properties="'delta.targetFileSize' = '32mb'"
  [ -z "$kind" ] && properties="$properties, 'delta.enableDeletionVectors' = 'true'"
  mkdir -p "base/$kind$2"
  "$1" sql --write --lake "base/$kind$2" "CREATE TABLE keyed WITH ($properties) AS
    SELECT $key AS id, (hash(i) % 1000000 / 100.0)::DECIMAL(12,2) AS amount, DATE '2020-01-01' + (hash(i + 1) % 2000)::INTEGER AS day,
           ['N', 'R', 'A'][(hash(i + 2) % 3 + 1)::INTEGER] AS kind, 'note ' || (hash(i + 3) % 10000000)::VARCHAR AS note
    FROM range(100000000) t(i)"
done
"$1" sql --write --lake "base/$2" "COPY (SELECT * REPLACE ('one row' AS note) FROM keyed WHERE id = 50000007) TO 'one.parquet'"
