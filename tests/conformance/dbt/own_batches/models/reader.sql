{{ config(materialized='view', event_time=none) }}
select (select count(*) from {{ ref('orders') }}) as newest, (select sum(amount) from {{ ref('orders', v=1) }}) as amount,
       (select count(*) from {{ ref('through') }}) as through, (select count(*) from {{ ref('names') }}) as names
