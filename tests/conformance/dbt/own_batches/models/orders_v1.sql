{{ config(materialized='table') }}
select id, seen, amount from {{ ref('events') }}
