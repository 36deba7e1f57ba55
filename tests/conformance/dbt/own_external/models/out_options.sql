{{ config(materialized='external', location='out/options.parquet', options={'compression': 'zstd', 'row_group_size': 1000}, parquet_read_options={'file_row_number': true, 'union_by_name': true}) }}
select n from {{ ref('rows') }}
