// Objects of dbt's context that need the ProjectHost of the evaluation they are used in. They hold nothing themselves.
#pragma once

#include "template/environment.h"
#include "template/value.h"

namespace weir::project {

tmpl::Value config_object();     // config(...), config.get, config.require, config.meta_get, ...
tmpl::Value var_object();        // var(name, default), var.has_var(name)
tmpl::Value adapter_object();    // adapter.dispatch, adapter.quote, adapter.get_relation, ...
tmpl::Value relation_factory();  // api.Relation, adapter.Relation
tmpl::Value column_factory();    // api.Column, adapter.Column
tmpl::Value api_object();        // api.Relation.create, api.Column

// fromjson, tojson, set, zip, local_md5, the filters as_bool and the like.
void add_conversions(tmpl::Environment& environment);

}  // namespace weir::project
