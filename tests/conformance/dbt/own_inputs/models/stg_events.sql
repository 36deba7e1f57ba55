{{ config(materialized='view', event_time='ts') }}
select id, country, ts, amount from {{ ref('events') }}
