select id, customer, cast(amount as decimal(10, 2)) as amount, placed
from {{ ref('raw_orders') }}
where id <= {{ var('upto', 3) }}
