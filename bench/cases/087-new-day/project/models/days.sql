{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='order_date') }}
select order_date, count(*) as orders, count(distinct customer_id) as customers, sum(gross) as revenue
from {{ ref('orders') }}
{% if is_incremental() %}
where order_date > (select max(order_date) from {{ this }})
{% endif %}
group by order_date
