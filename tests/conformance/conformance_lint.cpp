// links: weir_lint
// What sqlfluff 4.5.0 finds and mends, and what weir does: lint/rule_cases.jsonl are sqlfluff's own cases of its rules,
// lint/project_cases.jsonl the files of the dbt projects beside it (see lint/NOTICE.md). A case is passed if the same
// rules find the same places, and what is mended is the same text. Known differences are listed with their reason in
// lint/known.txt, and must differ.
//   conformance_lint FOLDER [NAME]   with NAME only the cases that have it in their name, with what differs in full
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "lint/jinja_reader.h"
#include "lint/linter.h"

namespace {

using namespace weir;
using namespace weir::lint;

using Place = std::tuple<std::string, int64_t, int64_t>;

struct Outcome {
  std::vector<Place> places;
  std::string fixed;
};

Config config_of(const Json& sections, const std::string& sql) {
  Config config;
  for (const auto& [section, options] : sections.as_object())
    for (const auto& [key, value] : options.as_object()) config.put(section, key, value.as_string());
  config.read_directives(sql, "case");
  return config;
}

Outcome judge(const Config& config, const std::string& sql) {
  std::vector<std::string> unknown;
  const Linter linter(config, chosen_rules(config, unknown));
  const Reader reader = config.text("core", "templater") == "raw" ? raw_reader() : jinja_reader(config, "case");
  Outcome outcome;
  for (const Violation& each : linter.lint(sql, reader))
    outcome.places.emplace_back(each.code, static_cast<int64_t>(each.line), static_cast<int64_t>(each.column));
  std::sort(outcome.places.begin(), outcome.places.end());
  outcome.fixed = linter.fix(sql, reader).source;
  return outcome;
}

std::string text_of(const std::vector<Place>& places) {
  std::string text;
  for (const auto& [code, line, column] : places)
    text += " " + code + "@" + std::to_string(line) + ":" + std::to_string(column);
  return text.empty() ? " nothing" : text;
}

class Suite {
 public:
  Suite(std::filesystem::path folder, std::string only) : folder_(std::move(folder)), only_(std::move(only)) {
    for (const std::string& line : split(read_file(folder_ / "known.txt"), '\n')) {
      const auto text = trim(line);
      if (text.empty() || text.front() == '#') continue;
      const size_t blank = text.find(' ');
      known_.emplace(std::string(text.substr(0, blank)), std::string(trim(text.substr(std::min(blank, text.size())))));
    }
  }

  int run() {
    for (const char* file : {"rule_cases.jsonl", "project_cases.jsonl"}) run_file(file);
    if (only_.empty())
      for (const auto& [name, reason] : known_)
        if (!seen_.count(name)) std::cout << "known.txt names " << name << ", which is no case\n", ++failed_;
    std::cout << "of the dbt projects' files " << agreed_ << " of " << wanted_ << " places agree, " << surplus_
              << " are only weir's\n";
    std::cout << passed_ << " passed, " << failed_ << " failed, " << skipped_ << " skipped\n";
    return failed_ == 0 && passed_ > 0 ? 0 : 1;
  }

 private:
  void run_file(const std::string& file) {
    const size_t passed = passed_, skipped = skipped_;
    size_t cases = 0;
    for (const std::string& line : split(read_file(folder_ / file), '\n')) {
      if (line.empty()) continue;
      run_case(Json::parse(line));
      ++cases;
    }
    std::cout << file << ": " << passed_ - passed << " of " << cases << " cases equal, " << skipped_ - skipped
              << " differ as listed\n";
  }

  void run_case(const Json& test) {
    const std::string name = test.at("name").as_string();
    if (!only_.empty() && name.find(only_) == std::string::npos) return;
    const Json* own = test.find("sql");
    const std::string sql = own ? own->as_string() : read_file(folder_ / ".." / "dbt" / name);
    Outcome wanted;
    for (const Json& each : test.at("violations").as_array())
      wanted.places.emplace_back(each.as_array()[0].as_string(), each.as_array()[1].as_int(),
                                 each.as_array()[2].as_int());
    std::sort(wanted.places.begin(), wanted.places.end());
    wanted.fixed = test.at("fixed").is_null() ? sql : test.at("fixed").as_string();
    std::string difference;
    try {
      const Outcome found = judge(config_of(test.at("sections"), sql), sql);
      if (!own) count(wanted.places, found.places);
      if (found.places != wanted.places)
        difference += "  finds" + text_of(found.places) + "\n  not  " + text_of(wanted.places) + "\n";
      if (found.fixed != wanted.fixed)
        difference += "  mends otherwise\n" +
                      (only_.empty() ? std::string()
                                     : "---- weir\n" + found.fixed + "\n---- sqlfluff\n" + wanted.fixed + "\n----\n");
    } catch (const Error& error) {
      difference = std::string("  ") + error.what() + "\n";
    }
    seen_[name] = true;
    const auto known = known_.find(name);
    if (difference.empty() && known == known_.end()) {
      ++passed_;
    } else if (difference.empty()) {
      std::cout << name << ": is known to differ, but does not\n";
      ++failed_;
    } else if (known != known_.end()) {
      std::cout << name << ": differs: " << known->second << "\n";
      if (!only_.empty()) std::cout << difference;
      ++skipped_;
    } else {
      std::cout << name << ":\n" << difference;
      ++failed_;
    }
  }

  void count(const std::vector<Place>& wanted, const std::vector<Place>& found) {
    std::vector<Place> both;
    std::set_intersection(wanted.begin(), wanted.end(), found.begin(), found.end(), std::back_inserter(both));
    wanted_ += wanted.size();
    agreed_ += both.size();
    surplus_ += found.size() - both.size();
  }

  std::filesystem::path folder_;
  std::string only_;
  std::map<std::string, std::string> known_;
  std::map<std::string, bool> seen_;
  size_t passed_ = 0, failed_ = 0, skipped_ = 0, wanted_ = 0, agreed_ = 0, surplus_ = 0;
};

}  // namespace

int main(int count, char** words) {
  if (count < 2) {
    std::cerr << "usage: conformance_lint FOLDER [NAME]\n";
    return 2;
  }
  return Suite(words[1], count > 2 ? words[2] : "").run();
}
