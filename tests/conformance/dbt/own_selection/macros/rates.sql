{% macro rate() %}{{ base_rate() }}{% endmacro %}

{% macro base_rate() %}1.5{% endmacro %}

{% macro cleaned(column) %}trim({{ column }}){% endmacro %}
