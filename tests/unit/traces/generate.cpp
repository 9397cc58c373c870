// SPDX-License-Identifier: Apache-2.0
// Oracle: the sequences that docs/command-reference.md promises, written out by hand; for random addresses the bounds,
// the alignment and the even spread that they have by definition; for the generator the number that the C++ standard
// gives for it.
#include "traces/generate.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace iommusim;
using namespace iommusim::traces;

namespace {

constexpr std::uint64_t base = 0x1'0000'0000;

Workload workload(WorkloadKind kind, std::uint64_t count) {
  Workload workload;
  workload.devices = {"nic0"};
  workload.kind = kind;
  workload.count = count;
  workload.base = BusAddr{base};
  workload.window = 4096;
  return workload;
}

Workload sequential(WorkloadKind kind, std::uint64_t count) {
  Workload made = workload(kind, count);
  made.order = AddressOrder::sequential;
  made.window = 192;
  return made;
}

std::vector<TraceOperation> all(const Workload& workload) {
  WorkloadGenerator generator{workload};
  std::vector<TraceOperation> operations;
  TraceOperation operation;
  while (generator.next(operation))
    operations.push_back(operation);
  return operations;
}

const Dma& dma_of(const TraceOperation& operation) {
  return std::get<Dma>(operation.action);
}

/// "r40 w80": direction and offset in the window.
std::string sketch(const Workload& workload) {
  std::string text;
  for (const TraceOperation& operation : all(workload)) {
    const Dma& dma = dma_of(operation);
    text += text.empty() ? "" : " ";
    text += dma.operation == Operation::read ? "r" : "w";
    text += std::to_string(dma.address.value() - base);
  }
  return text;
}

}  // namespace

TEST_CASE("Sequential addresses go up by one stride and begin again at the end of the window", "[traces]") {
  CHECK(sketch(sequential(WorkloadKind::read, 5)) == "r0 r64 r128 r0 r64");
  Workload uneven = sequential(WorkloadKind::write, 4);
  uneven.size = 65;
  uneven.window = 300;
  CHECK(sketch(uneven) == "w0 w128 w0 w128");
}

TEST_CASE("Each kind of workload has its order of reads and writes", "[traces]") {
  CHECK(sketch(sequential(WorkloadKind::alternate, 5)) == "r0 w64 r128 w0 r64");
  CHECK(sketch(sequential(WorkloadKind::write_read, 5)) == "w0 r0 w64 r64 w128");
}

TEST_CASE("A random read reads what the write before it wrote", "[traces]") {
  const std::vector<TraceOperation> operations = all(workload(WorkloadKind::write_read, 1000));
  for (std::size_t i = 0; i < operations.size(); i += 2)
    CHECK(dma_of(operations[i]).address == dma_of(operations[i + 1]).address);
}

TEST_CASE("Several devices take turns, and each has the whole sequence", "[traces]") {
  Workload shared = sequential(WorkloadKind::alternate, 6);
  shared.devices = {"a", "b"};
  std::map<std::string, std::string> found;
  std::string turns;
  for (const TraceOperation& operation : all(shared)) {
    turns += operation.device;
    found[operation.device] += dma_of(operation).operation == Operation::read ? 'r' : 'w';
  }
  CHECK(turns == "ababab");
  CHECK(found == std::map<std::string, std::string>{{"a", "rwr"}, {"b", "rwr"}});
}

TEST_CASE("Operations are one interval apart", "[traces]") {
  Workload spaced = workload(WorkloadKind::read, 4);
  spaced.devices = {"a", "b"};
  spaced.interval = Duration{20'480};
  const std::vector<TraceOperation> operations = all(spaced);
  CHECK(operations[0].time == Duration{});
  CHECK(operations[1].time == Duration{20'480});
  CHECK(operations[3].time == Duration{61'440});
}

TEST_CASE("Random addresses are aligned, inside the window and spread evenly over it", "[traces]") {
  Workload random = workload(WorkloadKind::read, 64'000);
  std::map<std::uint64_t, int> counts;
  for (const TraceOperation& operation : all(random)) {
    const std::uint64_t offset = dma_of(operation).address.value() - base;
    REQUIRE(offset % 64 == 0);
    REQUIRE(offset < 4096);
    ++counts[offset];
  }
  // 1000 expected at each of 64 places: six standard deviations either way.
  CHECK(counts.size() == 64);
  for (const auto& [offset, count] : counts)
    CHECK(std::abs(count - 1000) < 190);
}

TEST_CASE("A window that is no multiple of the stride is never left", "[traces]") {
  Workload random = workload(WorkloadKind::read, 2000);
  random.size = 100;
  random.align = 32;
  random.window = 1000;
  std::set<std::uint64_t> offsets;
  for (const TraceOperation& operation : all(random))
    offsets.insert(dma_of(operation).address.value() - base);
  CHECK(offsets == std::set<std::uint64_t>{0, 128, 256, 384, 512, 640, 768});
}

TEST_CASE("The same seed gives the same addresses on every machine, another seed others", "[traces]") {
  Workload random = workload(WorkloadKind::read, 10'000);
  random.seed = std::mt19937_64::default_seed;
  random.window = std::uint64_t{1} << 40;
  // ISO C++ [rand.predef]: the 10000th number of a default-constructed mt19937_64 is 9981545732273789042.
  const std::uint64_t place = 9981545732273789042U % (random.window / 64);
  CHECK(dma_of(all(random).back()).address.value() == base + place * 64);
  const std::string first = sketch(workload(WorkloadKind::read, 100));
  Workload other = workload(WorkloadKind::read, 100);
  CHECK(sketch(other) == first);
  other.seed = 2;
  CHECK(sketch(other) != first);
}
