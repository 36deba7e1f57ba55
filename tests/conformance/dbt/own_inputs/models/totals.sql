{{ config(materialized='table') }}
select k.name, sum(e.amount) as amount, count(*) as events
from {{ ref('stg_events') }} as e
join {{ ref('known') }} as k on k.code = e.country
group by 1
