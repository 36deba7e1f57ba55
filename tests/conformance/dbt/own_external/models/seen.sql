select n from {{ source('files', 'a') }}
