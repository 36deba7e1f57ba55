{{ config(materialized='ephemeral') }}
select code, name from {{ ref('countries') }}
