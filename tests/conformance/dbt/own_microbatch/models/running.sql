{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='seen', batch_size='day', begin='2024-01-01',
          lookback=0, pre_hook='create or replace temp table hooked as select 1 as a') }}
select id, seen, amount{% if is_incremental() %} + (select coalesce(max(total), 0) from {{ this }} where seen < '{{ model.batch.event_time_start }}'){% endif %} as total
from {{ ref('events') }}
