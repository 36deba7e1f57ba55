#!/usr/bin/env bash
# usage: upsert.sh WEIR [SOURCE]: the upsert of SOURCE (default: data/updates.parquet) into ./lake.
set -euo pipefail
columns=(partkey suppkey quantity extendedprice discount tax returnflag linestatus shipdate commitdate receiptdate shipinstruct shipmode comment)
set_list=$(printf ', l_%s = s.l_%s' $(for c in "${columns[@]}"; do echo "$c $c"; done))
values=$(printf ', s.l_%s' orderkey linenumber "${columns[@]}")
exec "$1" sql --write --lake lake "MERGE INTO lineitem USING (SELECT * FROM read_parquet('${2:-data/updates.parquet}')) s
  ON lineitem.l_orderkey = s.l_orderkey AND lineitem.l_linenumber = s.l_linenumber
  WHEN MATCHED THEN UPDATE SET ${set_list:2} WHEN NOT MATCHED THEN INSERT VALUES (${values:2})"
