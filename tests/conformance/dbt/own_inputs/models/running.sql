{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ts', batch_size='day', begin='2024-01-01',
          lookback=0, concurrent_batches=false) }}
select id, ts, amount{% if is_incremental() %} + (select coalesce(max(total), 0) from {{ this }} where ts < '{{ model.batch.event_time_start }}'){% endif %} as total
from {{ ref('events') }}
