select id, name, code from {{ ref('stg_customers') }}
