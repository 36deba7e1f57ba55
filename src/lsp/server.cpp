#include "lsp/server.h"

#include <chrono>
#include <map>
#include <memory>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "lsp/answers.h"
#include "lsp/message_stream.h"
#include "lsp/text_places.h"

namespace weir::lsp {

namespace {

constexpr int not_initialized = -32002, method_not_found = -32601, invalid_params = -32602, internal_error = -32603;
constexpr int severity_error = 1, severity_warning = 2;

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Json capabilities() {
  const Json whole =
      Json::object().set("openClose", true).set("change", 2).set("save", Json::object().set("includeText", false));
  return Json::object()
      .set("positionEncoding", "utf-16")
      .set("textDocumentSync", whole)
      .set("definitionProvider", true)
      .set("hoverProvider", true)
      .set("referencesProvider", true)
      .set("documentSymbolProvider", true)
      .set("completionProvider",
           Json::object().set("triggerCharacters", Json::strings({"'", "\"", "(", ".", "|", "{", " "})));
}

class Server {
 public:
  Server(int in, int out, const ServerSettings& settings) : stream_(in, out), settings_(settings) {}

  bool run() {
    while (!stream_.is_closed() && !exited_) {
      const int64_t wait = stale_.empty() ? -1 : std::max<int64_t>(0, look_at_ - now_ms());
      if (const auto message = stream_.next(static_cast<int>(wait)))
        handle(*message);
      else if (!stale_.empty() && now_ms() >= look_at_)
        look();
    }
    return shut_down_;
  }

 private:
  void handle(const Json& message) {
    const auto method = message.is_object() ? message.find("method") : nullptr;
    if (!method || !method->is_string()) return;  // an answer to something that was never asked
    const Json* id = message.find("id");
    const Json* params = message.find("params");
    static const Json none = Json::object();
    try {
      if (!id) return notice(method->as_string(), params ? *params : none);
      if (!initialized_ && method->as_string() != "initialize")
        return fail(*id, not_initialized, "the first request is initialize");
      const auto answer = request(method->as_string(), params ? *params : none);
      if (!answer) return fail(*id, method_not_found, "weir does not know " + method->as_string());
      stream_.send(Json::object().set("jsonrpc", "2.0").set("id", *id).set("result", *answer));
    } catch (const Error& error) {
      if (id) fail(*id, error.code() == ErrorCode::bad_json ? invalid_params : internal_error, error.message());
    } catch (const std::exception& error) {
      if (id) fail(*id, internal_error, error.what());
    }
  }

  void fail(const Json& id, int code, const std::string& message) {
    stream_.send(Json::object()
                     .set("jsonrpc", "2.0")
                     .set("id", id)
                     .set("error", Json::object().set("code", code).set("message", message)));
  }

  void notice(const std::string& method, const Json& params) {
    if (method == "exit") {
      exited_ = true;
    } else if (!initialized_) {
      return;
    } else if (method == "textDocument/didOpen") {
      const Json& document = params.at("textDocument");
      change(path_of(document), document.at("text").as_string());
    } else if (method == "textDocument/didChange") {
      const std::string path = path_of(params.at("textDocument"));
      std::string text = texts_[path];
      for (const Json& each : params.at("contentChanges").as_array()) {
        const Json* range = each.find("range");
        if (!range) {
          text = each.at("text").as_string();
          continue;
        }
        const TextPlaces places(text);
        const size_t begin = places.offset_of(range->at("start")), end = places.offset_of(range->at("end"));
        text.replace(begin, std::max(begin, end) - begin, each.at("text").as_string());
      }
      change(path, std::move(text));
    } else if (method == "textDocument/didClose") {
      const std::string path = path_of(params.at("textDocument"));
      texts_.erase(path);
      touch(path);
    } else if (method == "textDocument/didSave") {
      touch(path_of(params.at("textDocument")));
    } else if (method == "workspace/didChangeWatchedFiles") {
      for (const Json& each : params.at("changes").as_array()) touch(path_of_uri(each.at("uri").as_string()));
    }
  }

  std::optional<Json> request(const std::string& method, const Json& params) {
    if (method == "initialize") return initialize(params);
    if (method == "shutdown") {
      shut_down_ = true;
      return Json();
    }
    const bool asks = method == "textDocument/definition" || method == "textDocument/hover" ||
                      method == "textDocument/completion" || method == "textDocument/references" ||
                      method == "textDocument/documentSymbol";
    if (!asks) return std::nullopt;
    const std::string path = path_of(params.at("textDocument"));
    LiveProject* project = project_of(path);
    if (!project) return Json();
    // A project that never loaded is looked at first; later, what is known of it is good enough to answer at once.
    if (!project->project() && stale_.contains(project->root())) look();
    const std::string text = text_of(path);
    Answers answers(*project, path, text, [this](const std::string& each) { return text_of(each); });
    if (method == "textDocument/documentSymbol") return answers.symbols();
    const size_t offset = TextPlaces(text).offset_of(params.at("position"));
    if (method == "textDocument/definition") return answers.definition(offset);
    if (method == "textDocument/hover") return answers.hover(offset);
    if (method == "textDocument/references") return answers.references(offset);
    return answers.completion(offset);
  }

  Json initialize(const Json& params) {
    initialized_ = true;
    flags_ = settings_.flags;
    if (const Json* options = params.find("initializationOptions"); options && options->is_object()) {
      if (const auto target = options->get_string("target")) flags_.target = target;
      if (const auto folder = options->get_string("profilesDir")) flags_.profiles_dir = folder;
      if (const Json* vars = options->find("vars"); vars && vars->is_object()) flags_.vars = vars->dump();
    }
    return Json::object()
        .set("capabilities", capabilities())
        .set("serverInfo", Json::object().set("name", "weir").set("version", settings_.version));
  }

  // ---- texts and projects

  static std::string path_of(const Json& document) {
    std::string path = path_of_uri(document.at("uri").as_string());
    if (path.empty()) throw Error(ErrorCode::bad_json, "only files have projects: " + document.at("uri").as_string());
    return path;
  }

  std::string text_of(const std::string& path) const {
    const auto found = texts_.find(path);
    if (found != texts_.end()) return found->second;
    try {
      return read_file_if_exists(path).value_or("");
    } catch (const Error&) {
      return "";  // that it cannot be read is told by reading the project
    }
  }

  LiveProject* project_of(const std::string& path) {
    const size_t slash = path.rfind('/');
    auto root = project::find_root(slash == std::string::npos ? "." : path.substr(0, slash));
    // One that is known stays, also while its dbt_project.yml is no file.
    for (const auto& [known, project] : projects_)
      if (path.starts_with(known + "/") && (!root || known.size() > root->size())) root = known;
    if (!root) return nullptr;
    auto& project = projects_[*root];
    if (!project) {
      project = std::make_unique<LiveProject>(*root, flags_, settings_.engine);
      stale_.insert(*root);
    }
    return project.get();
  }

  void change(const std::string& path, std::string text) {
    texts_[path] = std::move(text);
    touch(path);
  }

  void touch(const std::string& path) {
    const LiveProject* project = project_of(path);
    if (!project) return;
    stale_.insert(project->root());
    look_at_ = now_ms() + settings_.pause_ms;
  }

  // ---- mistakes

  void look() {
    const std::set<std::string> roots = std::exchange(stale_, {});
    for (const std::string& root : roots) {
      LiveProject& project = *projects_.at(root);
      Texts texts;
      for (const auto& [path, text] : texts_)
        if (path.starts_with(root + "/")) texts.emplace(path, text);
      try {
        project.look(texts);
        publish(project);
      } catch (const std::exception& error) {
        // Whatever the project does, its editor keeps its server.
        const auto* own = dynamic_cast<const Error*>(&error);
        log("weir cannot look at " + root + ": " + (own ? own->message() : error.what()));
      }
    }
  }

  void log(const std::string& message) {
    stream_.send(Json::object()
                     .set("jsonrpc", "2.0")
                     .set("method", "window/logMessage")
                     .set("params", Json::object().set("type", severity_error).set("message", message)));
  }

  void publish(const LiveProject& project) {
    auto& told = told_[project.root()];
    std::map<std::string, std::string> now;
    for (const auto& [path, troubles] : project.troubles()) {
      Json list = Json::array();
      const std::string text = text_of(path);
      for (const Trouble& trouble : troubles) list.push_back(diagnostic(trouble, text, project));
      now[path] = list.dump();
    }
    for (const auto& [path, list] : told)
      if (!now.contains(path)) now[path] = "[]";
    for (const auto& [path, list] : now) {
      const auto before = told.find(path);
      if (before == told.end() ? list == "[]" : before->second == list) continue;
      stream_.send(
          Json::object()
              .set("jsonrpc", "2.0")
              .set("method", "textDocument/publishDiagnostics")
              .set("params", Json::object().set("uri", uri_of_path(path)).set("diagnostics", Json::parse(list))));
    }
    std::erase_if(now, [](const auto& each) { return each.second == "[]"; });
    told = std::move(now);
  }

  Json diagnostic(const Trouble& trouble, const std::string& text, const LiveProject& project) const {
    const Error& error = trouble.error;
    const Span span = error.span().value_or(Span{});
    const TextPlaces places(text);
    const size_t begin = places.offset_of_span(span.line, span.column);
    size_t end = begin + static_cast<size_t>(std::max(span.length, 0));
    if (span.length <= 0)  // to the end of the word
      while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) ++end;
    Json out = Json::object()
                   .set("range", places.range(begin, std::min(end, text.size())))
                   .set("severity", trouble.warning ? severity_warning : severity_error)
                   .set("source", "weir")
                   .set("message", error.message() + (error.hint().empty() ? "" : "\n" + error.hint()));
    if (!trouble.warning) out.set("code", code_text(error.code()));
    Json related = Json::array();
    for (const Error::Context& context : error.contexts()) {
      if (!context.span.known() || context.span.line < 1) continue;
      const std::string path = project.path_of(context.span.file);
      const std::string other = text_of(path);
      const TextPlaces there(other);
      const size_t at = there.offset_of_span(context.span.line, context.span.column);
      related.push_back(
          Json::object()
              .set("location", Json::object().set("uri", uri_of_path(path)).set("range", there.range(at, at)))
              .set("message", context.what));
    }
    if (related.size() > 0) out.set("relatedInformation", std::move(related));
    return out;
  }

  MessageStream stream_;
  const ServerSettings& settings_;
  project::LoadFlags flags_;
  bool initialized_ = false, shut_down_ = false, exited_ = false;
  Texts texts_;
  std::map<std::string, std::unique_ptr<LiveProject>> projects_;    // by root
  std::set<std::string> stale_;                                     // roots to be looked at
  int64_t look_at_ = 0;                                             // when
  std::map<std::string, std::map<std::string, std::string>> told_;  // root -> path -> what the editor shows
};

}  // namespace

bool serve(int in, int out, const ServerSettings& settings) { return Server(in, out, settings).run(); }

}  // namespace weir::lsp
