// SPDX-License-Identifier: Apache-2.0
// Oracle: the same run in another process.
#include "analysis/json_report.h"
#include "platforms/loader.h"
#include "support/played_trace.h"
#include "support/source_dir.h"

#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

using namespace iommusim;
using namespace iommusim::tests;

namespace {

const std::string source = source_dir();

std::string results_as_text() {
  PlayedTrace run{platforms::load_platform(source + "/platforms/nic-behind-non-acs-switch.yaml")};
  run.play_file(source + "/traces/nic-behind-non-acs-switch.trace");
  return analysis::to_json(run.results(), {"flagship", "loose"}, run.platform().machine()).dump(2);
}

/// Runs in a child, because SystemC elaborates once per process. 0: it wrote its results to `path`.
int run_in_child(const support::TemporaryFolder& folder) {
  const pid_t child = fork();
  if (child == 0) {
    // Memory that this process has not: results must not depend on addresses.
    const std::vector<char> ballast(3'000'000, 'x');
    folder.write("child.json", results_as_text());
    std::_Exit(ballast.size() == 3'000'000 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  return status;
}

}  // namespace

TEST_CASE("Two runs of the flagship give the same bytes of JSON", "[determinism]") {
  const support::TemporaryFolder folder;
  REQUIRE(run_in_child(folder) == 0);
  const std::string mine = results_as_text();
  CHECK(mine.size() > 1000);
  CHECK(folder.read("child.json") == mine);
}
