{{ config(materialized='incremental', incremental_strategy='microbatch', batch_size='month', begin='2024-01-01') }}
select e.id, e.seen, n.name, '{{ config.get('__dbt_internal_microbatch_event_time_start') }}' as since
from {{ ref('events').render() }} as e left join {{ ref('names') }} as n using (id)
