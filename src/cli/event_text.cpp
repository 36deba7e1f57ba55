#include "cli/event_text.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "base/time.h"
#include "cli/text_width.h"

namespace weir::cli {

namespace {

std::string plural(int64_t count, std::string_view one) {
  return fmt::format("{} {}{}", human_count(static_cast<uint64_t>(count)), one, count == 1 ? "" : "s");
}

// Values with spaces or quotes are quoted as JSON texts, so that a line can be taken apart again.
std::string value_text(const Json& value) {
  if (const auto* real = value.real()) return fmt::format("{:.3g}", real->value);
  if (!value.is_string()) return value.dump();
  const std::string text = value.as_string().substr(0, value.as_string().find('\n'));
  const bool plain = !text.empty() && text.find_first_of(" \"\t\r=") == std::string::npos;
  return plain ? visible(text) : Json(text).dump();
}

std::string pairs(const Event& event, const std::vector<std::string_view>& fields) {
  std::string text;
  for (const auto field : fields) {
    const Json* value = event.fields.find(field);
    if (!value || value->is_null() || (value->is_string() && value->as_string().empty())) continue;
    if (value->is_int() && value->as_int() == 0 && (field == "quarantined" || field == "files")) continue;
    text += fmt::format(" {}={}", field, value_text(*value));
  }
  return text;
}

struct PlainForm {
  std::string_view event, words;
  std::vector<std::string_view> fields;
};
const PlainForm* plain_form(const std::string& name) {
  static const std::vector<PlainForm> forms = {
      {"asset.published", "published", {"rows", "quarantined", "files", "bytes", "spilled", "ms"}},
      {"asset.compacted", "compacted", {"files_before", "files_after", "bytes", "ms"}},
      {"asset.replanned", "superseded, planning again", {"number", "why"}},
      {"asset.batch", "batch", {"batch", "number", "total", "status", "rows", "message", "ms"}},
      {"asset.held_back", "held back", {"check", "message", "ms"}},
      {"asset.failed", "failed", {"code", "message", "ms"}},
      {"asset.skipped", "skipped", {"because_of", "why"}},
      {"asset.cancelled", "cancelled", {}},
      {"asset.note", "note", {"message"}},
      {"source.read", "read once", {"readings", "rows", "bytes", "ms"}},
      {"check.warned", "check warned", {"check", "failures", "message", "ms"}},
      {"check.failed", "check failed", {"check", "failures", "message", "ms"}},
      {"check.error", "check error", {"check", "message", "ms"}},
  };
  for (const auto& form : forms)
    if (form.event == name) return &form;
  return nullptr;
}

// "run 01JK… died after staging 9 of 12 files; nothing of it was published; starting again from file 1 of 12"
std::string died_text(const Event& event) {
  const std::string message = event.text("message");
  if (!message.empty()) return message;
  return fmt::format("run {} died; nothing of it was published", event.text("run"));
}

// Parts of a line in order, each with its rank: the highest rank goes first when there is no room.
struct Part {
  std::string text;
  int rank = 0;
};
std::string fitted(std::vector<Part> parts, size_t columns, const Style& style) {
  const auto joined = [&] {
    std::string line;
    for (const auto& part : parts) line += part.text;
    return line;
  };
  for (int rank = 9; rank > 0 && text_width(joined()) >= columns; --rank)
    std::erase_if(parts, [&](const Part& part) { return part.rank == rank; });
  return cut(joined(), columns > 1 ? columns - 1 : 1, style.ellipsis());
}

std::string published_text(const Event& event, size_t name_width, size_t columns, const Style& style) {
  std::vector<Part> parts;
  parts.push_back({" " + style.green(style.tick()) + " " + pad_right(event.text("asset"), name_width)});
  parts.push_back({"  " + pad_right(event.text("kind"), 11), 4});
  const bool has_rows = event.fields.find("rows") && event.text("kind") != "view";
  parts.push_back({"  " + pad_left(has_rows ? plural(event.number("rows"), "row") : "", 16), 3});
  if (const auto files = event.number("files")) parts.push_back({"   " + plural(files, "file"), 5});
  if (const auto bad = event.number("quarantined"))
    parts.push_back({"   " + style.yellow(plural(bad, "").substr(0, plural(bad, "").find(' ')) + " quarantined"), 1});
  const auto before = event.number("source_bytes"), after = event.number("bytes");
  const auto size = [](int64_t bytes) { return human_bytes(static_cast<uint64_t>(bytes)); };
  if (before > 0 && after > 0)
    parts.push_back({fmt::format("   {} {} {}", size(before), style.arrow(), size(after)), 6});
  else if (after > 0)
    parts.push_back({"   " + size(after), 6});
  if (const auto spilled = event.number("spilled")) parts.push_back({"   spilled " + size(spilled), 5});
  if (event.fields.find("version") && !event.fields.find("version")->is_null())
    parts.push_back({"   " + style.dim(fmt::format("v{}", event.number("version"))), 2});
  parts.push_back({"   " + style.dim(human_duration_ms(event.number("ms")))});
  return fitted(std::move(parts), columns, style) + "\n";
}

std::string sign_line(const Event& event, const std::string& sign, size_t name_width, const std::string& words) {
  return " " + sign + " " + pad_right(event.text("asset"), name_width) + "  " + visible(words) + "\n";
}

std::string where_to_look(const std::string& asset, bool rows) {
  std::string text = "     ";
  if (rows) text += "weir show --failures " + asset + "      ";
  return text + "weir logs " + asset + "\n";
}

// Only its first line: the whole error is told at the end.
std::string failed_line(const Event& event, size_t name_width, const Style& style) {
  const std::string message = event.text("message");
  const std::string line =
      sign_line(event, style.red(style.cross()), name_width, message.substr(0, message.find('\n')));
  return line.substr(0, line.size() - 1);
}

std::string held_back_text(const Event& event) {
  std::string text = "check failed before publishing: " + event.text("check");
  if (const auto message = event.text("message"); !message.empty()) text += " " + message;
  if (event.fields.find("version") && event.number("version", -1) >= 0)
    return text + fmt::format("; v{} stays public", event.number("version"));
  return text + "; nothing is public yet";
}

}  // namespace

std::string rate_text(int64_t rows_per_s) {
  const auto rate = static_cast<double>(rows_per_s);
  if (rate >= 1e6) return fmt::format("{:.1f} M rows/s", rate / 1e6);
  if (rate >= 1e4) return fmt::format("{:.0f} k rows/s", rate / 1e3);
  return fmt::format("{} rows/s", rows_per_s);
}

std::optional<std::string> plain_line(const Event& event) {
  const std::string time = iso_seconds(event.time_ms);
  if (event.name == "run.died") {
    const std::string asset = event.text("asset");
    return fmt::format("{} {} {}", time, asset.empty() ? "weir" : asset, visible(died_text(event)));
  }
  const PlainForm* form = plain_form(event.name);
  if (!form) return std::nullopt;
  std::string line = fmt::format("{} {} {}", time, visible(event.text("asset")), form->words);
  const bool names_version = event.name == "asset.published" || event.name == "asset.compacted";
  const bool versioned = names_version && event.number("version", -1) >= 0;
  if (versioned) line += fmt::format(" v{}", event.number("version"));
  return line + pairs(event, form->fields);
}

std::string log_line(const Event& event) {
  const std::string asset = event.text("asset");
  std::string line = iso_seconds(event.time_ms) + (asset.empty() ? "" : " " + visible(asset)) + " " + event.name;
  if (!event.fields.is_object()) return line;
  for (const auto& [key, value] : event.fields.as_object()) {
    const bool empty = value.is_null() || (value.is_string() && value.as_string().empty());
    if (key != "asset" && !empty) line += fmt::format(" {}={}", key, value_text(value));
  }
  return line;
}

std::string json_line(const Event& event) {
  Json line = Json::object();
  line.set("time", iso_ms(event.time_ms)).set("event", event.name);
  if (event.fields.is_object())
    for (const auto& [key, value] : event.fields.as_object()) line.set(key, value);
  return line.dump();
}

std::optional<std::string> finished_text(const Event& event, size_t name_width, size_t columns, const Style& style) {
  const std::string asset = event.text("asset");
  if (event.name == "asset.published") return published_text(event, name_width, columns, style);
  if (event.name == "asset.held_back")
    return sign_line(event, style.red(style.cross()), name_width, held_back_text(event)) + where_to_look(asset, true);
  if (event.name == "asset.failed")
    return cut(failed_line(event, name_width, style), columns > 1 ? columns - 1 : 1, style.ellipsis()) + "\n" +
           where_to_look(asset, false);
  if (event.name == "asset.batch" && event.text("status") == "error")
    return sign_line(
        event, style.red(style.cross()), name_width,
        "batch " + event.text("batch") + ": " + event.text("message").substr(0, event.text("message").find('\n')));
  if (event.name == "asset.skipped")
    return sign_line(event, style.dim("-"), name_width, "skipped because of " + event.text("because_of"));
  if (event.name == "asset.cancelled") return sign_line(event, style.yellow("-"), name_width, "cancelled");
  if (event.name == "asset.replanned")
    return sign_line(event, style.yellow("~"), name_width, "planning again: " + event.text("why"));
  if (event.name == "asset.note" || event.name == "check.warned") {
    std::string words = event.name == "asset.note" ? "" : event.text("title") + " ";
    return sign_line(event, style.yellow("!"), name_width, words + event.text("message"));
  }
  if (event.name == "run.died") return (asset.empty() ? "" : asset + ": ") + visible(died_text(event)) + "\n";
  return std::nullopt;
}

std::string running_text(const RunningAsset& running, size_t name_width, const Style& style) {
  std::string text = pad_right(running.asset, name_width) + "  " + pad_right(running.kind, 11);
  if (running.files_total > 0) text += fmt::format("  file {} of {}", running.files_done, running.files_total);
  if (running.fraction >= 0) text += fmt::format("  {:.0f} %", running.fraction * 100);
  if (running.rows > 0) text += "  " + plural(running.rows, "row");
  if (running.rows_per_s > 0) text += "  " + rate_text(running.rows_per_s);
  if (running.phase == "check") text += "  checking";
  if (running.phase == "publish") text += "  publishing";
  if (running.elapsed_ms >= 1000) text += "  " + style.dim(human_duration_ms(running.elapsed_ms));
  if (running.checks > 0 && running.phase != "check" && running.phase != "publish")
    text += "  " + plural(running.checks, "check") + " waiting";
  return text;
}

}  // namespace weir::cli
