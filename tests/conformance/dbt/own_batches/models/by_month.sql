{{ config(materialized='incremental', incremental_strategy='microbatch', batch_size='month', begin='2024-01-15',
          concurrent_batches=true, on_schema_change='append_new_columns') }}
select id, seen, amount {% if var('more', false) %}, amount * 2 as twice{% endif %} from {{ ref('events') }}
