{{ config(materialized='incremental', incremental_strategy='microbatch', batch_size='day', begin='2024-01-01') }}
select id, seen::date as seen, amount from {{ ref('events') }}
