import pytest
from unittest import mock
from unittest.mock import Mock
from dbt.tests.util import (
    run_dbt,
)
from dbt.adapters.duckdb.environments import Environment
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.credentials import PluginConfig
from dbt.adapters.duckdb.plugins.motherduck import Plugin
from dbt.adapters.duckdb.__version__ import version as plugin_version
from dbt.artifacts.schemas.results import RunStatus
from dbt.version import __version__

random_logs_sql = """
{{ config(materialized='table', meta=dict(temp_schema_name='dbt_temp_test')) }}

select 
  uuid()::varchar as log_id,
 '2023-10-01'::timestamp + interval 1 minute * (random() * 20000)::int as dt ,
(random() * 4)::int64 as user_id
from generate_series(1, 10000) g(x)
"""

summary_of_logs_sql = """
{{
    config(
        materialized='incremental',
        meta=dict(temp_schema_name='dbt_temp_test'),
    )
}}

select dt::date as dt, user_id, count(1) as c
from {{ ref('random_logs_test') }}


{% if is_incremental() %}

  -- this filter will only be applied on an incremental run
  -- (uses > to include records whose timestamp occurred since the last run of this model)
  where dt > '2023-10-08'::timestamp

{% endif %}
group by all
"""

python_pyarrow_table_model = """
import pyarrow as pa

def model(dbt, con):
    return pa.Table.from_pydict({"a": [1,2,3]})
"""

@pytest.mark.skip_profile("buenavista", "file", "memory")
class TestMDPlugin:
    @pytest.fixture(scope="class")
    def profiles_config_update(self, dbt_profile_target, test_database_name):
        md_config = {"token": dbt_profile_target.get("token")}
        plugins = [{"module": "motherduck", "config": md_config}]
        return {
            "test": {
                "outputs": {
                    "dev": {
                        "type": "duckdb",
                        "path": f"md:{test_database_name}",
                        "plugins": plugins,
                        "config_options": dbt_profile_target.get("config_options"),
                        "is_ducklake": dbt_profile_target.get("is_ducklake"),
                    }
                },
                "target": "dev",
            }
        }

    @pytest.fixture(scope="class")
    def md_sql(self, test_database_name):
        # Reads from a MD database in my test account in the cloud
        return f"""
            select * FROM {test_database_name}.main.plugin_table
        """

    @pytest.fixture(scope="class")
    def models(self, md_sql):
        return {
            "md_table.sql": md_sql,
            "random_logs_test.sql": random_logs_sql,
            "summary_of_logs_test.sql": summary_of_logs_sql,
            "python_pyarrow_table_model.py": python_pyarrow_table_model,
        }

    @pytest.fixture(autouse=True)
    def run_dbt_scope(self, project):
        project.run_sql("CREATE OR REPLACE TABLE plugin_table (i integer, j string)")
        project.run_sql("INSERT INTO plugin_table (i, j) VALUES (1, 'foo')")
        yield
        project.run_sql("DROP VIEW IF EXISTS md_table")
        project.run_sql("DROP TABLE IF EXISTS random_logs_test")
        project.run_sql("DROP TABLE IF EXISTS summary_of_logs_test")
        project.run_sql("DROP TABLE IF EXISTS plugin_table")
        project.run_sql("DROP TABLE IF EXISTS python_pyarrow_table_model")

    def test_motherduck(self, project):
        run_dbt()
        res = project.run_sql("SELECT * FROM md_table", fetch="one")
        assert res == (1, "foo")
        res = project.run_sql("SELECT * FROM python_pyarrow_table_model", fetch="all")
        assert res == [(1,), (2,), (3,)]

    def test_incremental(self, project, test_database_name):
        run_dbt()
        res = project.run_sql("SELECT count(*) FROM summary_of_logs_test", fetch="one")
        assert res == (70,)

        run_dbt()
        res = project.run_sql("SELECT count(*) FROM summary_of_logs_test", fetch="one")
        assert res == (105,)

        res = project.run_sql(f"SELECT schema_name FROM information_schema.schemata WHERE catalog_name = '{test_database_name}'", fetch="all")
        assert "dbt_temp_test" in [_r for (_r,) in res]

    def test_incremental_temp_table_exists(self, project, test_database_name):
        project.run_sql(f'create or replace table {test_database_name}.dbt_temp_test.summary_of_logs_test as (select 1 from generate_series(1,10) g(x))')
        run_dbt()
        res = project.run_sql("SELECT count(*) FROM summary_of_logs_test", fetch="one")
        assert res == (70,)


@pytest.mark.skip_profile("buenavista", "file", "memory")
class TestMDPluginWithTopLevelToken(TestMDPlugin):
    @pytest.fixture(scope="class")
    def profiles_config_update(self, dbt_profile_target, test_database_name):
        return {
            "test": {
                "outputs": {
                    "dev": {
                        "type": "duckdb",
                        "path": f"md:{test_database_name}",
                        "motherduck_token": dbt_profile_target.get("token"),
                        "config_options": dbt_profile_target.get("config_options"),
                        "is_ducklake": dbt_profile_target.get("is_ducklake"),
                    }
                },
                "target": "dev",
            }
        }


@pytest.fixture
def mock_plugin_config():
    return {"token": "quack"}


@pytest.fixture
def mock_creds(dbt_profile_target, mock_plugin_config):
    path = dbt_profile_target.get("path", ":memory:")
    plugin_config = PluginConfig(module="motherduck", config=mock_plugin_config)
    if "md:" in path:
        return DuckDBCredentials(
            path=path,
            plugins=[plugin_config],
            config_options=dbt_profile_target.get("config_options"),
        )
    return DuckDBCredentials(path=path)


@pytest.fixture
def mock_plugins(mock_creds, mock_plugin_config):
    plugins = {}
    if mock_creds.is_motherduck:
        plugins["motherduck"] = Plugin.create("motherduck", config=mock_plugin_config)
    return plugins


def test_motherduck_user_agent(dbt_profile_target, mock_plugins, mock_creds):
    path = dbt_profile_target.get("path", ":memory:")
    with mock.patch("dbt.adapters.duckdb.environments.duckdb.connect") as mock_connect:
        mock_creds.settings = {"custom_user_agent": "downstream-dep"}
        Environment.initialize_db(mock_creds, plugins=mock_plugins)
        if mock_creds.is_motherduck:
            kwargs = {
                'read_only': False,
                'config': {
                    'custom_user_agent': f'dbt/{__version__} dbt-duckdb/{plugin_version} downstream-dep',
                    'motherduck_token': 'quack',
                    'motherduck_dbinstance_inactivity_ttl':'0s'

                },
            }
            mock_connect.assert_called_with(path, **kwargs)
        else:
            mock_connect.assert_called_with(path, read_only=False, config={})
