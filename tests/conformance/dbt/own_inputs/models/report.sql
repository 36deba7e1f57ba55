{{ config(materialized='table') }}
select (select count(*) from {{ ref('totals') }}) as countries, (select count(*) from {{ ref('visits') }}) as visits,
       (select count(*) from {{ ref('stg_events') }} where amount > 15) as large
