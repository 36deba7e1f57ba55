// One compiled template, many threads.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "rendering.h"

namespace weir::tmpl {
namespace {

TEST(Parallel, OneTemplateOnManyThreads) {
  Environment environment(dbt_options());
  environment.set_loader([](std::string_view name) -> std::optional<std::string> {
    if (name == "inc") return "{{ n }};{% macro part(x) %}<{{ x }}>{% endmacro %}";
    return std::nullopt;
  });
  auto file = environment.compile(
      "t.sql",
      "{% macro f(x) %}{% if x > 1 %}{{ return(x * f(x - 1)) }}{% endif %}{{ return(1) }}{% endmacro %}"
      "{% set l = [] %}{% for i in range(50) %}{% do l.append({'i': i, 'text': names[i % 3] ~ i}) %}{% endfor %}"
      "{% include 'inc' %}{{ f(n) }}{{ l | map(attribute='text') | join(',') }}{{ 'x' * 3 }}{{ [1, 2] + [n] }}");
  Value names = Value::list({"a", "b", "c"}).freeze();
  auto expected = [&](int n) {
    TableHost host({{"n", n}, {"names", names}});
    return file->render(host);
  };
  std::vector<std::string> wanted;
  for (int n = 0; n < 8; ++n) wanted.push_back(expected(n));
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i)
        if (expected((t + i) % 8) != wanted[static_cast<size_t>((t + i) % 8)]) ++wrong;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_NE(wanted[3].find("6a0,b1,c2"), std::string::npos);
}

TEST(Parallel, LoadingATemplateByNameFromManyThreads) {
  Environment environment;
  std::atomic<int> loads = 0;
  environment.set_loader([&](std::string_view name) -> std::optional<std::string> {
    ++loads;
    return "text of " + std::string(name);
  });
  std::vector<std::thread> threads;
  std::vector<std::shared_ptr<const Template>> got(8);
  for (size_t t = 0; t < got.size(); ++t) threads.emplace_back([&, t] { got[t] = environment.load("a"); });
  for (auto& thread : threads) thread.join();
  for (const auto& file : got) EXPECT_EQ(file, got[0]);
}

}  // namespace
}  // namespace weir::tmpl
