// Pairs of random statements planned on the same version of a table: if both can be committed, the table has the rows
// that one after the other gives on a native table of DuckDB, in the order of the commits. (Under WriteSerializable a
// blind append may count as the later one.)
// WEIR_ORACLE_SEEDS=<n> runs n sequences of each kind instead of one.
#include "lake_fixture.h"
#include "random_statements.h"

namespace weir::engine {

class SerialOracle : public LakeTest {
 protected:
  // What became of a statement.
  enum class Fate { failed, nothing, conflict, committed };

  static Fate plan(Session& writer, const std::string& statement) {
    writer.begin(uuid_v4());
    try {
      writer.execute(on_table(statement, "lake.main.t"));
      return Fate::committed;
    } catch (const Error&) {  // a merge that finds several rows for one
      writer.rollback();
      return Fate::failed;
    }
  }
  static Fate commit(Session& writer) {
    auto outcomes = writer.commit();
    if (outcomes.empty()) return Fate::nothing;
    return std::holds_alternative<lake::Committed>(outcomes[0]) ? Fate::committed : Fate::conflict;
  }
  bool last_was_blind() {
    auto table = lake->location({"main", "t"});
    return lake::read_commit(table, *lake::latest_version(table))->commit_info()->fields.at("isBlindAppend").as_bool();
  }
  bool is_serial(const std::vector<std::string>& statements) {
    run("CREATE OR REPLACE TEMP TABLE t AS FROM temp.main.before");
    for (auto& statement : statements) run(on_table(statement, "temp.main.t"));
    return rows(
               "(FROM lake.main.t EXCEPT ALL FROM temp.main.t) UNION ALL (FROM temp.main.t EXCEPT ALL FROM "
               "lake.main.t) "
               "LIMIT 1")
        .empty();
  }

  void sequence(unsigned seed, int pairs, const std::string& properties) {
    RandomStatements random(seed);
    run(std::string("CREATE OR REPLACE TABLE lake.main.t") + statement_columns + properties);
    const bool serializable = properties.find("Serializable") != std::string::npos;
    int both = 0, conflicts = 0;
    for (int i = 0; i < pairs; ++i) {
      if (i % 8 == 0) {
        run("DELETE FROM lake.main.t");
        for (int first : {0, 100, 250, 400})
          run("INSERT INTO lake.main.t SELECT i, (i % 5)::INTEGER, 's' || i, i / 2.0, [i::INTEGER], 'p' || (i // 50) "
              "FROM range(" +
              std::to_string(first) + ", " + std::to_string(first + 40) + ") r(i)");
      }
      const auto mine = random.next(), theirs = random.next();
      SCOPED_TRACE("seed " + std::to_string(seed) + " pair " + std::to_string(i) + "\nmine: " + mine +
                   "\ntheirs: " + theirs);
      run("CREATE OR REPLACE TEMP TABLE before AS FROM lake.main.t");
      if (plan(*session, mine) == Fate::failed) continue;
      auto rival = another();
      auto first = plan(*rival, theirs);
      if (first == Fate::committed) first = commit(*rival);
      const bool blind = first == Fate::committed && last_was_blind();
      const auto second = commit(*session);
      std::vector<std::string> done;
      if (first == Fate::committed) done.push_back(theirs);
      if (second == Fate::committed || second == Fate::nothing) done.push_back(mine);
      both += first == Fate::committed && second == Fate::committed;
      conflicts += second == Fate::conflict;
      // A statement that found nothing to change is not committed, and has its place before the other.
      bool serial = is_serial(done);
      if (!serial && done.size() == 2 && (second == Fate::nothing || (blind && !serializable)))
        serial = is_serial({mine, theirs});
      ASSERT_TRUE(serial);
    }
    EXPECT_GT(both, 0);
    EXPECT_GT(conflicts, 0);
  }
};

TEST_F(SerialOracle, Unpartitioned) {
  for (unsigned seed = 501; seed <= 500 + oracle_seeds() && !HasFatalFailure(); ++seed) sequence(seed, 24, "");
}

TEST_F(SerialOracle, Partitioned) {
  for (unsigned seed = 601; seed <= 600 + oracle_seeds() && !HasFatalFailure(); ++seed)
    sequence(seed, 24, " PARTITIONED BY (p)");
}

TEST_F(SerialOracle, DeletionVectors) {
  for (unsigned seed = 701; seed <= 700 + oracle_seeds() && !HasFatalFailure(); ++seed)
    sequence(seed, 24, " WITH ('delta.enableDeletionVectors' = 'true')");
}

TEST_F(SerialOracle, Serializable) {
  for (unsigned seed = 801; seed <= 800 + oracle_seeds() && !HasFatalFailure(); ++seed)
    sequence(seed, 24, " WITH ('delta.isolationLevel' = 'Serializable', 'delta.enableDeletionVectors' = 'true')");
}

}  // namespace weir::engine
