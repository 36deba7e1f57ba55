{{ config(materialized='table', alias='newest_orders', schema='marts') }}
select id, seen, amount + 1 as amount from {{ ref('events') }}
