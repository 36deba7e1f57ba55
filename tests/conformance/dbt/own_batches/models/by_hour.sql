{{ config(materialized='incremental', incremental_strategy='microbatch', batch_size='hour', begin='2024-01-01',
          incremental_predicates=['amount < 1000']) }}
select id, seen at time zone 'UTC' as seen, amount, {{ var('n', 0) }} as n from {{ ref('events') }}
