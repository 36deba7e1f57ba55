{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['order_date', 'flag']) }}
select order_date, flag, count(*) as orders, sum(gross) as revenue
from {{ ref('orders') }}
{% if is_incremental() %}
where order_date > (select max(order_date) from {{ this }})
{% endif %}
group by order_date, flag
