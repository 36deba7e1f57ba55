#include "store/http/retry.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <random>

#include "base/text.h"
#include "base/time.h"
#include "store/cancel_scope.h"

namespace weir::store::http {

namespace {

constexpr int64_t wait_slice_ms = 200;  // how soon a cancelled wait ends

// Seconds, or a date.
int64_t asked_delay_ms(const Answer& answer, int64_t now_ms) {
  const std::string text = answer.header("retry-after");
  if (text.empty()) return 0;
  if (const auto seconds = parse_int(text)) return std::clamp<int64_t>(*seconds, 0, 86'400) * 1000;
  const auto date = parse_http_date_ms(text);
  return date ? std::max<int64_t>(0, *date - now_ms) : 0;
}

}  // namespace

Verdict usual_verdict(const Answer& answer) {
  switch (answer.status) {
    case 429:
      return Verdict::refused;
    case 500:
    case 502:
    case 503:
    case 504:
      return Verdict::doubtful;
    default:
      return Verdict::final;
  }
}

Client::Client(std::unique_ptr<Transport> transport, Clock& clock, std::function<double()> random, RetryPolicy policy,
               CancelToken cancel)
    : transport_(std::move(transport)),
      clock_(clock),
      random_(std::move(random)),
      policy_(policy),
      cancel_(std::move(cancel)) {}

int64_t Client::delay_ms(int attempts_made, const Answer& answer) {
  const double ceiling = std::min(static_cast<double>(policy_.most_delay_ms),
                                  static_cast<double>(policy_.first_delay_ms) * std::exp2(attempts_made - 1));
  const auto jitter_ms = static_cast<int64_t>(random_() * ceiling);
  return std::max(jitter_ms, asked_delay_ms(answer, clock_.now_ms()));
}

void Client::wait(int64_t duration_ms) {
  const int64_t until_ms = clock_.now_ms() + duration_ms;
  for (int64_t now = clock_.now_ms(); now < until_ms; now = clock_.now_ms()) {
    cancel_.check();
    CancelScope::check();
    clock_.sleep_until(std::min(until_ms, now + wait_slice_ms));
  }
}

Outcome Client::send(const std::function<Request()>& make, const std::function<Verdict(const Answer&)>& judge) {
  const int64_t start_ms = clock_.now_ms();
  Outcome outcome;
  while (true) {
    cancel_.check();
    CancelScope::check();
    const Request request = make();
    outcome.last = transport_->send(request);
    ++outcome.attempts;
    if (outcome.last.kind == Attempt::Kind::answered)
      outcome.verdict = judge(outcome.last.answer);
    else
      outcome.verdict = outcome.last.kind == Attempt::Kind::not_sent ? Verdict::refused : Verdict::doubtful;
    const bool again =
        outcome.verdict == Verdict::refused || (outcome.verdict == Verdict::doubtful && request.repeatable);
    if (!again || outcome.last.hopeless || outcome.attempts >= policy_.attempts) return outcome;
    const int64_t delay = delay_ms(outcome.attempts, outcome.last.answer);
    if (clock_.now_ms() + delay - start_ms > policy_.total_ms) return outcome;
    outcome.doubt_before = outcome.doubt_before || outcome.verdict == Verdict::doubtful;
    wait(delay);
  }
}

std::function<double()> system_random() {
  struct Generator {
    std::mutex mutex;
    std::mt19937_64 engine{std::random_device{}()};
  };
  return [generator = std::make_shared<Generator>()] {
    const std::lock_guard lock(generator->mutex);
    return std::uniform_real_distribution<double>(0, 1)(generator->engine);
  };
}

}  // namespace weir::store::http
