#include "state/state_db.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/file.h"
#include "base/ids.h"
#include "state/sqlite.h"

namespace weir::state {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StateDbTest : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::unique_ptr<StateWriter> writer() { return StateWriter::open(dir_, "build", 1000); }
  std::filesystem::path file() const { return dir_ / "state.db"; }
  std::filesystem::path dir_ = std::filesystem::temp_directory_path() / ("weir-state-" + uuid_v4());
};

RunRow run_row(const std::string& id, int64_t started_ms) {
  RunRow run;
  run.id = id;
  run.verb = "build";
  run.arguments = Json::strings(std::vector<std::string>{"--select", "a"});
  run.process = this_process();
  run.started_ms = started_ms;
  run.version = "0.1.0";
  return run;
}

StepRow step_row(const std::string& run, const std::string& asset, StepStatus status) {
  StepRow step;
  step.run = run;
  step.asset = asset;
  step.kind = "table";
  step.started_ms = 2000;
  step.status = status;
  return step;
}

TEST_F(StateDbTest, NothingThereReadsAsNothing) { EXPECT_EQ(StateReader::open(dir_), nullptr); }

TEST_F(StateDbTest, RunsAndStepsComeBackAsWritten) {
  auto state = writer();
  state->begin_run(run_row("01JA", 1000));
  StepRow step = step_row("01JA", "main.daily", StepStatus::published);
  step.version = 4;
  step.n = 7;
  step.rows = 31940;
  step.finished_ms = 2500;
  step.message = "with 'quotes' and ünïcode";
  state->put_step(step);
  state->finish_run("01JA", RunStatus::succeeded, 0, "", 3000);

  auto reader = StateReader::open(dir_);
  std::vector<RunRow> runs = reader->runs();
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_EQ(runs[0].id, "01JA");
  EXPECT_EQ(runs[0].arguments.dump(), R"(["--select","a"])");
  EXPECT_EQ(runs[0].process, this_process());
  EXPECT_EQ(runs[0].status, RunStatus::succeeded);
  EXPECT_EQ(runs[0].exit_code, 0);
  EXPECT_EQ(runs[0].finished_ms, 3000);
  std::vector<StepRow> steps = reader->steps("01JA");
  ASSERT_THAT(steps, SizeIs(1));
  EXPECT_EQ(steps[0].status, StepStatus::published);
  EXPECT_EQ(steps[0].version, 4);
  EXPECT_EQ(steps[0].rows, 31940);
  EXPECT_EQ(steps[0].quarantined, std::nullopt);
  EXPECT_EQ(steps[0].message, "with 'quotes' and ünïcode");
}

TEST_F(StateDbTest, ReadersSeeWhatIsCommittedWhileTheWriterIsOpen) {
  auto state = writer();
  state->begin_run(run_row("01JA", 1000));
  auto reader = StateReader::open(dir_);
  EXPECT_THAT(reader->steps("01JA"), IsEmpty());
  state->put_step(step_row("01JA", "a", StepStatus::running));
  state->progress("01JA", "a", 1, 9, 12, "files");
  std::vector<StepRow> steps = reader->steps("01JA");
  ASSERT_THAT(steps, SizeIs(1));
  EXPECT_EQ(steps[0].done, 9);
  EXPECT_EQ(steps[0].total, 12);
  EXPECT_EQ(steps[0].unit, "files");
  ASSERT_TRUE(reader->writer());
  EXPECT_EQ(reader->writer()->run, "01JA");
}

TEST_F(StateDbTest, ReaderNeitherWaitsNorFailsDuringAWrite) {
  auto state = writer();
  state->begin_run(run_row("01JA", 1000));
  auto reader = StateReader::open(dir_);
  size_t seen_inside = 99;
  state->on_commit([&](uint64_t) { seen_inside = reader->steps("01JA").size(); });
  state->put_step(step_row("01JA", "a", StepStatus::running));
  EXPECT_EQ(seen_inside, 0u) << "the writer's transaction was open and is not visible";
  EXPECT_THAT(reader->steps("01JA"), SizeIs(1));
}

TEST_F(StateDbTest, SecondWriterIsRefused) {
  auto state = writer();
  EXPECT_THROW(
      {
        try {
          writer();
        } catch (const Error& error) {
          EXPECT_EQ(error.code(), ErrorCode::state_locked);
          throw;
        }
      },
      Error);
}

TEST_F(StateDbTest, RunOfADeadProcessIsFoundOnceWithWhatItWasDoing) {
  pid_t child = ::fork();
  if (child == 0) {
    auto state = writer();
    state->begin_run(run_row("01JDEAD", 1000));
    state->put_step(step_row("01JDEAD", "raw.airports", StepStatus::published));
    state->put_step(step_row("01JDEAD", "raw.trips", StepStatus::running));
    state->progress("01JDEAD", "raw.trips", 1, 9, 12, "files");
    state->take_lease({"raw.trips", "01JDEAD", "attempt", this_process(), 1000});
    ::_exit(9);  // as kill -9: nothing is closed
  }
  ::waitpid(child, nullptr, 0);

  {
    auto state = writer();
    ASSERT_THAT(state->dead_runs(), SizeIs(1));
    const DeadRun& dead = state->dead_runs()[0];
    EXPECT_EQ(dead.run.id, "01JDEAD");
    ASSERT_THAT(dead.steps, SizeIs(1)) << "the published step is over";
    EXPECT_EQ(dead.steps[0].asset, "raw.trips");
    EXPECT_EQ(dead.steps[0].done, 9);
    EXPECT_EQ(state->take_lease({"raw.trips", "01JNEW", "x", this_process(), 2000}), std::nullopt);
  }
  auto again = writer();
  EXPECT_THAT(again->dead_runs(), IsEmpty());
  auto reader = StateReader::open(dir_);
  EXPECT_EQ(reader->run("01JDEAD")->status, RunStatus::died);
  EXPECT_EQ(reader->steps_of_asset("raw.trips", 10)[0].status, StepStatus::died);
}

TEST_F(StateDbTest, LeaseIsForOneRunUntilReleased) {
  auto state = writer();
  Lease first{"a", "run1", "x", this_process(), 1};
  Lease second{"a", "run2", "y", this_process(), 2};
  EXPECT_EQ(state->take_lease(first), std::nullopt);
  EXPECT_EQ(state->take_lease(first), std::nullopt) << "again by the same run";
  std::optional<Lease> held = state->take_lease(second);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->run, "run1");
  state->release_lease("a", "run1");
  EXPECT_EQ(state->take_lease(second), std::nullopt);
}

TEST_F(StateDbTest, LeaseOfADeadProcessFallsAway) {
  auto state = writer();
  ProcessId gone{this_process().pid, this_process().start_ticks + 1};
  EXPECT_EQ(state->take_lease({"a", "run1", "x", gone, 1}), std::nullopt);
  EXPECT_EQ(state->take_lease({"a", "run2", "y", this_process(), 2}), std::nullopt);
}

TEST_F(StateDbTest, EventsAreBufferedAndKeepTheirOrder) {
  auto state = writer();
  state->begin_run(run_row("01JA", 1000));
  RecordingSink sink(*state, "01JA", nullptr);
  for (int i = 0; i < 300; i++) {
    Event event;
    event.name = "asset.progress";
    event.time_ms = 5000 + i;
    event.fields.set("rows", i);
    sink.emit(event);
  }
  auto reader = StateReader::open(dir_);
  EXPECT_THAT(reader->events("01JA"), SizeIs(256)) << "a full buffer is written";
  state->flush();
  std::vector<EventRow> events = reader->events("01JA");
  ASSERT_THAT(events, SizeIs(300));
  EXPECT_EQ(events[299].event.fields.at("rows").as_int(), 299);
  EXPECT_EQ(events[299].event.time_ms, 5299);
  EXPECT_THAT(reader->events("01JA", events[297].id), SizeIs(2));
}

TEST_F(StateDbTest, RunsAreFoundByBeginningOrEnding) {
  auto state = writer();
  state->begin_run(run_row("01JAXX", 1000));
  state->begin_run(run_row("01JAYY", 2000));
  auto reader = StateReader::open(dir_);
  EXPECT_EQ(reader->run_like("xx")->id, "01JAXX");
  EXPECT_EQ(reader->run_like("01JAY")->id, "01JAYY");
  EXPECT_EQ(reader->run_like("nope"), std::nullopt);
  try {
    reader->run_like("01JA");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::no_such_run);
    EXPECT_THAT(error.message(), HasSubstr("01JAXX"));
  }
}

TEST_F(StateDbTest, FiltersByAssetAndStatus) {
  auto state = writer();
  state->begin_run(run_row("01JA", 1000));
  state->put_step(step_row("01JA", "a", StepStatus::failed));
  state->finish_run("01JA", RunStatus::failed, 1, "a failed", 1500);
  state->begin_run(run_row("01JB", 2000));
  auto reader = StateReader::open(dir_);
  RunFilter failed;
  failed.status = RunStatus::failed;
  ASSERT_THAT(reader->runs(failed), SizeIs(1));
  EXPECT_EQ(reader->runs(failed)[0].id, "01JA");
  RunFilter of_asset;
  of_asset.asset = "a";
  ASSERT_THAT(reader->runs(of_asset), SizeIs(1));
  EXPECT_EQ(reader->runs(of_asset)[0].id, "01JA");
}

TEST_F(StateDbTest, ForgettingKeepsTheNewestRun) {
  auto state = writer();
  for (int i = 1; i <= 3; i++) {
    std::string id = "01J" + std::to_string(i);
    state->begin_run(run_row(id, i * 1000));
    state->put_step(step_row(id, "a", StepStatus::published));
    state->finish_run(id, RunStatus::succeeded, 0, "", i * 1000 + 1);
  }
  EXPECT_EQ(state->forget_before(1000000), 2);
  auto reader = StateReader::open(dir_);
  ASSERT_THAT(reader->runs(), SizeIs(1));
  EXPECT_EQ(reader->runs()[0].id, "01J3");
  EXPECT_THAT(reader->steps_of_asset("a", 10), SizeIs(1));
}

TEST_F(StateDbTest, NewerFormatIsRefusedByReaderAndWriter) {
  writer()->begin_run(run_row("01JA", 1000));
  Database(file(), Database::Mode::write).execute("PRAGMA user_version=2");
  for (int i = 0; i < 2; i++) {
    try {
      if (i == 0) writer();
      if (i == 1) StateReader::open(dir_);
      ADD_FAILURE() << i;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::state_format);
      EXPECT_THAT(error.message(), HasSubstr("format 2; this weir knows formats up to 1"));
    }
  }
}

TEST_F(StateDbTest, AnotherProgramsFileIsRefusedAndLeftAlone) {
  std::filesystem::create_directories(dir_);
  Database(file(), Database::Mode::write).execute("CREATE TABLE theirs (a)");
  std::string before = read_file(file());
  EXPECT_THROW(writer(), Error);
  EXPECT_EQ(read_file(file()), before);
}

TEST_F(StateDbTest, DamagedFileIsKeptAsideAndANewOneBegun) {
  std::filesystem::create_directories(dir_);
  write_file(file(), "this was a database once, now it is some text that is long enough to be read as a header page");
  auto state = writer();
  EXPECT_THAT(state->notes(), ElementsAre(HasSubstr("state.db.damaged-1970-01-01T00:00:01Z")));
  state->begin_run(run_row("01JA", 1000));
  EXPECT_THAT(StateReader::open(dir_)->runs(), SizeIs(1));
  EXPECT_EQ(read_file(dir_ / "state.db.damaged-1970-01-01T00:00:01Z").substr(0, 8), "this was");
}

TEST_F(StateDbTest, DeletedFileIsBegunAnew) {
  writer()->begin_run(run_row("01JA", 1000));
  std::filesystem::remove(file());
  auto state = writer();
  EXPECT_THAT(StateReader::open(dir_)->runs(), IsEmpty());
}

TEST_F(StateDbTest, FailedCommitLeavesNothingBehind) {
  auto state = writer();
  state->begin_run(run_row("01JA", 1000));
  state->on_commit([](uint64_t) { throw Error(ErrorCode::injected, "no"); });
  EXPECT_THROW(state->put_step(step_row("01JA", "a", StepStatus::running)), Error);
  state->on_commit(nullptr);
  EXPECT_THAT(StateReader::open(dir_)->steps("01JA"), IsEmpty());
  state->put_step(step_row("01JA", "b", StepStatus::running));
  EXPECT_THAT(StateReader::open(dir_)->steps("01JA"), SizeIs(1));
}

}  // namespace
}  // namespace weir::state
