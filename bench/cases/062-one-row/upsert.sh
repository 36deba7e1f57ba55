#!/usr/bin/env bash
# usage: upsert.sh WEIR: the upsert of one.parquet into ./lake.
exec "$1" sql --write --lake lake "MERGE INTO keyed t USING (SELECT * FROM read_parquet('one.parquet')) s ON t.id = s.id
  WHEN MATCHED THEN UPDATE SET amount = s.amount, day = s.day, kind = s.kind, note = s.note
  WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.amount, s.day, s.kind, s.note)"
