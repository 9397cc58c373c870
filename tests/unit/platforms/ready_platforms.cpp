// SPDX-License-Identifier: Apache-2.0
// Oracle: seed experiments 3 and 4 of the reference sheet linux-iommu-policy; addresses by hand.
#include "platforms/functions.h"
#include "platforms/loader.h"
#include "support/source_dir.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace iommusim;
using namespace iommusim::platforms;

namespace {

const std::string folder = tests::source_dir() + "/platforms/";

}  // namespace

TEST_CASE("Every ready platform loads", "[platforms]") {
  std::size_t platforms = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
    if (entry.path().extension() != ".yaml") continue;
    INFO(entry.path().string());
    CHECK_NOTHROW(load_platform(entry.path().string()));
    ++platforms;
  }
  CHECK(platforms >= 2);
}

TEST_CASE("The example in the format's reference loads", "[platforms]") {
  std::ifstream file{tests::source_dir() + "/docs/platform-format.md"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const std::string begin = "```yaml\n";
  const std::size_t from = text.find(begin);
  REQUIRE(from != std::string::npos);
  const std::size_t first = from + begin.size();
  const Description d = load_platform_text(text.substr(first, text.find("```", first) - first), "example.yaml");
  CHECK(d.name == "one-nic");
  CHECK(d.host_bridges[0].functions[0].children[0].id == RequesterId{1, 0, 0});
}

TEST_CASE("The flagship maps one pool of the NIC inside the accelerator's window and the others outside",
          "[platforms]") {
  const Description d = load_platform(folder + "nic-behind-non-acs-switch.yaml");
  const std::vector<FunctionPlace> functions = all_functions(d);
  const FunctionPlace* port = find_function(functions, "sw0-dp1");
  REQUIRE(port != nullptr);
  CHECK_FALSE(port->function->acs.has_value());
  REQUIRE(port->function->prefetchable_window.has_value());
  const Range<BusAddr> window = *port->function->prefetchable_window;
  CHECK(window == Range<BusAddr>{BusAddr{0x38'0000'0000}, BusAddr{0x39'FFFF'FFFF}});
  std::size_t inside = 0;
  for (const MappingDescription& mapping : d.domains[0].mappings) {
    const BusAddr first{mapping.iova.value()};
    const Range<BusAddr> range{first, first + (mapping.size - 1)};
    if (window.overlaps(range)) {
      ++inside;
      CHECK(window.contains(range));
    }
  }
  CHECK(d.domains[0].mappings.size() == 4);
  CHECK(inside == 1);
}

TEST_CASE("The flagship's twin differs in ACS only", "[platforms]") {
  const Description without = load_platform(folder + "nic-behind-non-acs-switch.yaml");
  const Description with = load_platform(folder + "nic-behind-acs-switch.yaml");
  CHECK(without.trace == with.trace);
  CHECK(without.domains[0].mappings.size() == with.domains[0].mappings.size());
  const std::vector<FunctionPlace> bare = all_functions(without);
  const std::vector<FunctionPlace> guarded = all_functions(with);
  REQUIRE(bare.size() == guarded.size());
  for (std::size_t i = 0; i < bare.size(); ++i) {
    const FunctionDescription& function = *guarded[i].function;
    INFO(function.name);
    CHECK(bare[i].function->id == function.id);
    CHECK_FALSE(bare[i].function->acs.has_value());
    const bool guards = function.kind == FunctionKind::root_port || function.kind == FunctionKind::downstream_port;
    REQUIRE(function.acs.has_value() == guards);
    // SV, RR, CR, UF.
    if (guards) CHECK(function.acs->control.raw() == 0x1D);
  }
}
