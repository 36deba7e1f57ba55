{{ config(materialized='table', event_time='ts') }}
select id, ts from {{ source('raw', 'visits') }}
