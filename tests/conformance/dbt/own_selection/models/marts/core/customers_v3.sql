select id, name, code, 1 as n from {{ ref('stg_customers') }}
