#!/usr/bin/env bash
# usage: sums.sh WEIR LAKE: what must be equal after the upsert.
exec "$1" sql --lake "$2" --output csv "SELECT count(*), sum(id), sum(amount), count(*) FILTER (note = 'one row') FROM keyed" | tail -1
