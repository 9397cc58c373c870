// SPDX-License-Identifier: Apache-2.0
#include "platforms/bus_numbers.h"

#include "platforms/virtual_functions.h"

#include <fmt/format.h>

#include <algorithm>

namespace iommusim::platforms {
namespace {

/// Bus numbers that may still be given out.
struct Buses {
  unsigned next = 0;
  unsigned last = 0;

  std::string text() const { return fmt::format("a bus number from 0x{:02x} to 0x{:02x}", next, last); }
};

class Numbering {
 public:
  explicit Numbering(const Source& source) : source_{source} {}

  /// Numbers what stands on `bus` and everything below it; the result is what is left of `free`.
  Buses number(std::vector<FunctionDescription>& functions, const std::string& owner, unsigned bus, Buses free) {
    for (FunctionDescription& function : functions) {
      const std::string path = owner + ".devices." + function.name;
      place(function, path, bus);
      if (!is_port(function.kind)) {
        // Virtual functions beyond the last bus are there, but nothing that is routed by ID reaches them.
        const unsigned last = std::min(last_bus_of(function), free.last);
        free.next = std::max(free.next, last + 1);
        continue;
      }
      free = number_below(function, path, free);
    }
    return free;
  }

 private:
  void place(FunctionDescription& function, const std::string& path, unsigned bus) const {
    const bool given = source_.text(path + ".at").find(':') != std::string::npos;
    if (given && function.id.bus() != bus)
      source_.fail(path + ".at", fmt::format("bus 0x{:02x}", function.id.bus()),
                   fmt::format("0x{:02x}, the bus that it is on", bus));
    function.id = RequesterId{static_cast<std::uint8_t>(bus), function.id.device(), function.id.function()};
    for (RequesterId& alias : function.dma_alias)
      alias = RequesterId{static_cast<std::uint8_t>(bus), alias.device(), alias.function()};
  }

  Buses number_below(FunctionDescription& port, const std::string& path, Buses free) {
    port.secondary_bus = secondary(port, path, free);
    Buses below{port.secondary_bus + 1U, free.last};
    const bool given = source_.has(path + ".subordinate");
    if (given) below.last = given_subordinate(port, path, free);
    const Buses left = number(port.children, path, port.secondary_bus, below);
    const unsigned subordinate = given ? below.last : left.next - 1;
    port.subordinate_bus = static_cast<std::uint8_t>(subordinate);
    return {subordinate + 1, free.last};
  }

  std::uint8_t secondary(const FunctionDescription& port, const std::string& path, const Buses& free) const {
    const std::string key = path + ".secondary";
    if (free.next > free.last)
      source_.fail(path, "no bus number left for what is below it",
                   fmt::format("buses that end above 0x{:02x}", free.last));
    if (!source_.has(key)) return static_cast<std::uint8_t>(free.next);
    if (port.secondary_bus < free.next || port.secondary_bus > free.last)
      source_.fail(key, fmt::format("0x{:02x}", port.secondary_bus), free.text());
    return port.secondary_bus;
  }

  unsigned given_subordinate(const FunctionDescription& port, const std::string& path, const Buses& free) const {
    if (port.subordinate_bus < port.secondary_bus || port.subordinate_bus > free.last)
      source_.fail(path + ".subordinate", fmt::format("0x{:02x}", port.subordinate_bus),
                   Buses{port.secondary_bus, free.last}.text());
    return port.subordinate_bus;
  }

  const Source& source_;
};

}  // namespace

void number_buses(HostBridgeDescription& bridge, const Source& source) {
  Numbering{source}.number(bridge.functions, "host_bridges." + bridge.name, bridge.first_bus,
                           {bridge.first_bus + 1U, bridge.last_bus});
}

}  // namespace iommusim::platforms
