{{ config(materialized='external', location='out/parquet.parquet') }}
select n, n * 1.5 as x, date '2024-01-01' + n::integer as day from {{ ref('rows') }}
