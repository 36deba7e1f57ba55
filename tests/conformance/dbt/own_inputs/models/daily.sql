{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='ts', batch_size='day', begin='2024-01-01',
          lookback=2, pre_hook="create table if not exists raw.log (what text)",
          post_hook="insert into raw.log values ('{{ model.batch.id }}')") }}
select id, country, ts, amount, '{{ model.batch.id if model.batch else 'none' }}' as batch,
       {{ is_incremental() }} as incremental
       {%- if model.batch and var('break', '') == 'd' ~ model.batch.id %}, cast(name as int) as broken{% endif %}
from {{ ref('stg_events') }}
join {{ ref('countries') }} on code = country
