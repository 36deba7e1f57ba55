#!/usr/bin/env bash
# usage: sums.sh BEFORE PROGRAM…: what the three tables hold, asked of a program that takes SQL as its last argument.
before=$1
shift
exec "$@" "$before SELECT (SELECT count(*) FROM orders), (SELECT sum(gross) FROM orders), (SELECT sum(customers) FROM days), (SELECT sum(revenue) FROM days), (SELECT sum(orders) FROM flags), (SELECT count(*) FROM flags)"
