{{ config(materialized='incremental', incremental_strategy='microbatch', batch_size='month', begin='2024-01-01') }}
select t.id, t.seen from {{ ref('through') }} as t
