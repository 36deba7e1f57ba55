{{ config(materialized='incremental', incremental_strategy='append') }}
select order_id, customer_id, product_id, order_date, flag, price * quantity as gross
from {{ source('raw', 'orders') }}
{% if is_incremental() %}
where order_date > (select max(order_date) from {{ this }})
{% endif %}
