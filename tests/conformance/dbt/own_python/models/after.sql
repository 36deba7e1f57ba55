{{ config(materialized='table') }}
select r.customer, r.orders, s.twice
from {{ ref('by_relation') }} r join {{ ref('by_source') }} s on s.id = r.orders
