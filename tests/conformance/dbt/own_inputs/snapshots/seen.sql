{% snapshot seen %}
{{ config(unique_key='id', strategy='check', check_cols=['amount'], schema='snapshots') }}
select id, amount from {{ ref('stg_events') }}
{% endsnapshot %}
