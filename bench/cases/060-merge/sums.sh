#!/usr/bin/env bash
# usage: sums.sh WEIR LAKE: what must be equal after the upsert.
exec "$1" sql --lake "$2" --output csv 'SELECT count(*), sum(l_quantity), sum(l_partkey), max(l_comment) FROM lineitem' | tail -1
