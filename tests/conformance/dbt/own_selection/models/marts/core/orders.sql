{{ config(materialized='incremental', unique_key='id') }}
select o.id, o.customer_id, o.amount * {{ rate() }} as amount, o.at
from {{ ref('stg_orders') }} o left join {{ ref('stg_items') }} i on i.id = o.id
{% if is_incremental() %} where o.at > (select max(at) from {{ this }}) {% endif %}
