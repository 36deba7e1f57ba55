{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ts', batch_size='year', begin='2022-06-01') }}
select id, ts, '{{ model.batch.id if model.batch else 'none' }}' as batch, {{ is_incremental() }} as incremental
from {{ ref('events') }}
