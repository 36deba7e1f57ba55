{{ config(materialized='ephemeral') }}
select id, seen, amount from {{ ref('events') }}
