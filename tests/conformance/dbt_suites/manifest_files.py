"""`manifest.files`, which dbt has in its memory and in partial_parse.msgpack, and not in manifest.json.

It is made of what weir's manifest.json tells of each thing: the file it is of, the file that describes it, what a test is attached to, the
doc blocks it takes. No file is read. So a file is there if something of the manifest is of it; what only the file's text tells (its YAML,
its env_var()s, the time it was changed) is not there, and of the checksum what the manifest has.
"""

from dbt.artifacts.resources.base import FileHash
from dbt.contracts.files import FilePath, ParseFileType, SchemaSourceFile, SourceFile
from dbt.contracts.graph.nodes import GenericTestNode

OF_TYPE = {
    "analysis": ParseFileType.Analysis, "function": ParseFileType.Function, "model": ParseFileType.Model, "seed": ParseFileType.Seed,
    "snapshot": ParseFileType.Snapshot, "test": ParseFileType.SingularTest,
}
IN_YAML = {  # the list of a file of YAML that a resource stands in
    "exposure": "exposures", "group": "groups", "metric": "metrics", "saved_query": "saved_queries", "semantic_model": "semantic_models",
    "snapshot": "snapshots", "source": "sources", "unit_test": "unit_tests",
}


def file_at(files, package, path, kind, checksum=None):
    """The file of a package; a new one if nothing was of it until now. A path that weir does not tell is no file."""
    if not path:
        return None
    file_id = f"{package}://{path}"
    if file_id not in files:
        searched, _, relative = path.partition("/") if "/" in path else ("", "", path)
        if path.endswith((".yml", ".yaml")):  # whose checksum is none of those of what is in it
            made, kind, checksum = SchemaSourceFile, ParseFileType.Schema, None
        else:
            made = SourceFile
        files[file_id] = made(path=FilePath(searched_path=searched, relative_path=relative, modification_time=0.0, project_root=""),
                              checksum=checksum or FileHash.empty(), project_name=package, parse_file_type=kind)
    return files[file_id]


def patching(files, patch_path):
    """The file of YAML that describes something, or None."""
    package, _, path = (patch_path or "").partition("://")
    return file_at(files, package, path, ParseFileType.Schema)


def key_and_name(test, manifest):
    """Where in its file of YAML a generic test stands: as it says itself, or by what it is attached to."""
    if test.file_key_name and not test.file_key_name.startswith("sources."):
        key, _, name = test.file_key_name.partition(".")
        return key, name
    on = test.attached_node or ""
    found = manifest.nodes.get(on) or manifest.sources.get(on) or next(iter(manifest.disabled.get(on, ())), None)
    if found is None:
        return "", ""
    if found.resource_type == "source":
        return "sources", f"{found.source_name}_{found.name}"
    return found.resource_type.pluralize(), found.name


def add_resource(files, one, manifest):
    file = file_at(files, one.package_name, one.original_file_path, OF_TYPE.get(one.resource_type), getattr(one, "checksum", None))
    if file is None:
        return
    if isinstance(file, SourceFile):
        (file.functions if one.resource_type == "function" else file.nodes).append(one.unique_id)
    elif isinstance(one, GenericTestNode):
        key, name = key_and_name(one, manifest)
        file.add_test(one.unique_id, {"key": key, "name": name})
    elif one.resource_type in IN_YAML:
        getattr(file, IN_YAML[one.resource_type]).append(one.unique_id)
    described = patching(files, getattr(one, "patch_path", None))
    if described is not None:
        described.append_patch(one.resource_type.pluralize(), one.unique_id)


def add_macro(files, macro):
    generic = macro.name.startswith("test_") and "/generic/" in macro.original_file_path
    file = file_at(files, macro.package_name, macro.original_file_path, ParseFileType.GenericTest if generic else ParseFileType.Macro)
    if isinstance(file, SourceFile):
        file.macros.append(macro.unique_id)
    described = patching(files, macro.patch_path)
    if described is not None:
        described.macro_patches[macro.name] = macro.unique_id


def texts_of(one):
    """All descriptions that dbt renders of something."""
    columns = getattr(one, "columns", None) or {}
    parts = [one, *columns.values()] + [p for name in ("arguments", "dimensions", "measures", "entities") for p in getattr(one, name, None) or ()]
    return [text for part in parts for text in (part.description, getattr(part, "source_description", None)) if text]


def takes(one, doc):
    """Whether it is described by a doc block: by its name where the manifest has that, else by its text, which it then holds."""
    parts = [one, *(getattr(one, "columns", None) or {}).values()]
    if any(doc.unique_id in (getattr(part, "doc_blocks", None) or ()) for part in parts):
        return True
    by_name = one.resource_type not in ("exposure", "macro", "metric", "saved_query", "semantic_model", "source")
    return not by_name and bool(doc.block_contents) and any(doc.block_contents in text for text in texts_of(one))


def files_of(manifest):
    files = {}
    enabled = (manifest.nodes, manifest.sources, manifest.exposures, manifest.functions, manifest.metrics, manifest.groups,
               manifest.semantic_models, manifest.saved_queries, manifest.unit_tests)
    for one in [*(one for group in enabled for one in group.values()), *(one for some in manifest.disabled.values() for one in some)]:
        if one.resource_type not in ("operation", "sql_operation"):  # of dbt_project.yml and of the command line: dbt has no file there either
            add_resource(files, one, manifest)
    for macro in manifest.macros.values():
        add_macro(files, macro)
    described = [one for group in (manifest.nodes, manifest.sources, manifest.macros, manifest.exposures, manifest.metrics,
                                   manifest.semantic_models, manifest.saved_queries) for one in group.values()]  # in dbt's order
    for doc in manifest.docs.values():
        file = file_at(files, doc.package_name, doc.original_file_path, ParseFileType.Documentation)
        if isinstance(file, SourceFile):
            file.docs.append(doc.unique_id)
            for one in described:
                if takes(one, doc):
                    file.add_node(one.unique_id)
    return files
