// SPDX-License-Identifier: Apache-2.0
#include "conformance/fabric/batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <sys/wait.h>
#include <type_traits>
#include <unistd.h>

namespace iommusim::tests {
namespace {

static_assert(std::is_trivially_copyable_v<AgreementCounts> && sizeof(AgreementCounts) < 512, "fits into a pipe");

[[noreturn]] void run_and_exit(const std::function<AgreementCounts()>& batch, int pipe_end) {
  int status = 1;
  try {
    const AgreementCounts counts = batch();
    if (write(pipe_end, &counts, sizeof counts) == static_cast<ssize_t>(sizeof counts)) status = 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
  }
  std::fflush(nullptr);
  _exit(status);
}

}  // namespace

AgreementCounts& AgreementCounts::operator+=(const AgreementCounts& other) {
  topologies += other.topologies;
  functions += other.functions;
  most_functions = std::max(most_functions, other.most_functions);
  accesses += other.accesses;
  aliased += other.aliased;
  simulated += other.simulated;
  mapped += other.mapped;
  explained += other.explained;
  maps += other.maps;
  disputed += other.disputed;
  for (std::size_t kind = 0; kind < landed.size(); ++kind)
    landed[kind] += other.landed[kind];
  return *this;
}

void print_counts(const AgreementCounts& counts, std::chrono::duration<double> time) {
  fmt::print(
      "{} topologies of {:.1f} functions, at most {}: {} accesses compared, {} of them under an alias, {} with the "
      "simulation, {} with {} maps, {} with explain; {} disputed; {:.1f} s\n",
      counts.topologies, static_cast<double>(counts.functions) / static_cast<double>(counts.topologies),
      counts.most_functions, counts.accesses, counts.aliased, counts.simulated, counts.mapped, counts.maps,
      counts.explained, counts.disputed, time.count());
}

AgreementCounts in_child(const std::function<AgreementCounts()>& batch) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw std::runtime_error{"no pipe"};
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error{"no process"};
  if (child == 0) run_and_exit(batch, ends[1]);
  close(ends[1]);
  AgreementCounts counts;
  const bool complete = read(ends[0], &counts, sizeof counts) == static_cast<ssize_t>(sizeof counts);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!complete || status != 0) throw std::runtime_error{"a batch of topologies failed"};
  return counts;
}

}  // namespace iommusim::tests
