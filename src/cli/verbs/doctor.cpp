// weir doctor: is everything here as it must be?
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdio>

#include "base/text.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/workspace.h"

namespace weir::cli {

namespace {

constexpr uint64_t little_space = 1'000'000'000;

class Examination {
 public:
  explicit Examination(const Style& style) : style_(style) {}
  // A finding is a text; what is wrong is thrown.
  template <typename Look>
  void look(std::string_view what, Look look) {
    try {
      const std::string found = look();
      line(style_.green(style_.tick()), what, found);
    } catch (const Error& error) {
      ++wrong_;
      std::string place;
      if (error.span() && error.span()->known()) place = fmt::format("{}:{}: ", error.span()->file, error.span()->line);
      line(style_.red(style_.cross()), what, place + error.what());
      if (!error.hint().empty()) std::fputs(("           " + error.hint() + "\n").c_str(), stdout);
    }
  }
  int wrong() const { return wrong_; }

 private:
  void line(const std::string& sign, std::string_view what, const std::string& found) {
    std::fputs(fmt::format(" {} {:<8} {}\n", sign, what, found).c_str(), stdout);
  }
  Style style_;
  int wrong_ = 0;
};

std::string space_text(const std::filesystem::path& folder) {
  std::filesystem::path there = folder;
  std::error_code ignored;
  while (!there.empty() && !std::filesystem::exists(there, ignored) && there != there.parent_path())
    there = there.parent_path();
  struct statvfs info {};
  if (statvfs(there.c_str(), &info) != 0)
    throw Error(ErrorCode::store_io, "the disk of " + folder.string() + " cannot be asked");
  const uint64_t free = static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
  if (free < little_space)
    throw Error(ErrorCode::store_io, "only " + human_bytes(free) + " free for " + folder.string(),
                "make room before the next run");
  return human_bytes(free) + " free";
}

std::string lake_text(Workspace& workspace) {
  const auto lake = workspace.lake();
  size_t tables = 0;
  for (const auto& schema : lake->schemas()) tables += lake->tables(schema).size();
  if (!lake->store().has_put_if_absent())
    throw Error(ErrorCode::store_scheme, lake->uri() + " cannot put a file only if it is absent",
                "let only one process write to it");
  return fmt::format("{}, {} table{}", lake->uri(), tables, tables == 1 ? "" : "s");
}

std::string state_text(Workspace& workspace) {
  const auto folder = workspace.state_dir();
  const auto reader = workspace.state_reader();
  if (const auto holder = state::lock_holder(folder))
    return fmt::format("{}, pid {} (weir {}) writes now", folder.string(), holder->process.pid, holder->verb);
  return folder.string() +
         (reader ? ", " + human_bytes(static_cast<uint64_t>(reader->size_bytes())) : ", nothing ran yet");
}

std::string engine_text(Workspace& workspace) {
  const auto nowhere = std::make_shared<lake::Lake>(store::open("memory:doctor"));
  const auto session = workspace.engine().session(nowhere);
  const auto rows = session->query("SELECT current_setting('memory_limit'), current_setting('threads')");
  const std::string threads = engine::cell_text(rows.rows[0][1]);
  return fmt::format("{}, {} of memory, {} thread{}", workspace.engine().version(), engine::cell_text(rows.rows[0][0]),
                     threads, threads == "1" ? "" : "s");
}

void look_at_assets(Examination& examination, Workspace& workspace) {
  size_t good = 0, tables = 0;
  for (const auto& node : workspace.project().nodes) {
    if (!node.has_table() || !node.unsupported.empty()) continue;
    if (node.type == project::ResourceType::source && !node.ingest) continue;
    ++tables;
    const int before = examination.wrong();
    try {
      const auto inspection = workspace.publisher().look(workspace.asset(node));
      for (const auto& warning : inspection.warnings)
        examination.look("asset", [&] { return node.asset + ": " + warning; });
    } catch (const Error& error) {
      examination.look("asset", [&]() -> std::string {
        throw Error(error.code(), node.asset + ": " + error.message(), error.hint());
      });
    }
    good += examination.wrong() == before ? 1 : 0;
  }
  examination.look("assets", [&] { return fmt::format("{} of {} in order", good, tables); });
}

int run_doctor(Call& call) {
  Workspace workspace(call);
  Examination examination(call.terminal.out);
  examination.look("weir", [] { return std::string(WEIR_VERSION); });
  examination.look("engine", [&] { return engine_text(workspace); });
  bool project = false;
  examination.look("project", [&] {
    const auto& loaded = workspace.project();
    project = true;
    return fmt::format("{} ({}), target {}, id {}", loaded.name, loaded.root, loaded.target.name, loaded.id);
  });
  if (project) {
    examination.look("lake", [&] { return lake_text(workspace); });
    examination.look("state", [&] { return state_text(workspace); });
    examination.look("disk", [&] { return space_text(workspace.root()); });
    look_at_assets(examination, workspace);
  }
  return examination.wrong() == 0 ? exit_done : exit_failed;
}

}  // namespace

Verb doctor_verb() {
  Verb verb;
  verb.name = "doctor";
  verb.group = "Help";
  verb.summary = "check engine, project, lake, state and every published table";
  verb.detail = "Changes nothing. Exit code 1 if something is not as it must be.";
  verb.flags = together({project_flags(), engine_flags()});
  verb.run = run_doctor;
  return verb;
}

}  // namespace weir::cli
