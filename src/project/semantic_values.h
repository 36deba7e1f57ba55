// Metrics and semantic models as dbt's manifest has them, of what their YAML says in shorter words.
#pragma once

#include "base/json.h"

namespace weir::project {

// filter: "…" becomes {where_filters: […]}, window: 7 days {count: 7, granularity: day}, measure: revenue {name:
// revenue}.
Json metric_body(Json written);
// A measure or a metric that a metric reads, by its name or as a mapping.
Json metric_input(Json written);
// The model's relation is set by who knows it. `config` is the model's own: its meta holds for what stands in it.
Json semantic_model_body(Json written, const Json& config);
// The metric that a measure with create_metric: true stands for.
Json measure_metric(const Json& measure);
// `config` is the query's own, which its exports begin with; where they go if nobody says so stands in `written`, as
// export_place.
Json saved_query_body(Json written, const Json& config);

}  // namespace weir::project
