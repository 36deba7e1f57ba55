{{ config(materialized='external', format='json') }}
select n from {{ ref('out_parquet') }}
