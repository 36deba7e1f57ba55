#!/usr/bin/env bash
# usage: sums.sh PEER FILE: what the six tables hold.
exec "$1" "ATTACH '$2' AS built (READ_ONLY); USE built; $(for t in customers products carriers days flags; do
  echo "SELECT '$t', count(*), sum(orders), round(sum(revenue), 2), round(sum(average), 2), sum(express) FROM $t UNION ALL"
done) SELECT 'express_orders', count(*), sum(order_id), round(sum(gross), 2), sum(hash(order_date) % 1000), sum(customer_id) FROM express_orders ORDER BY 1"
