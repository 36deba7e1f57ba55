select id, customer_id, amount, at from {{ source('raw', 'orders') }}
