{{ config(materialized=var('kind', 'view'), incremental_strategy='microbatch', batch_size='month', begin='2024-01-01') }}
select id, seen from {{ ref('events') }}
