{% macro share(condition, among) -%}
round(count(*) filter (where {{ condition }}) / nullif(count(*) filter (where {{ among }}), 0), 4)
{%- endmacro %}
