{{ config(materialized='incremental', incremental_strategy='microbatch', batch_size='month', begin='2024-01-01', unique_key='id') }}
select id, seen, amount from {{ ref('events') }}
