// SPDX-License-Identifier: Apache-2.0
#include "base/interval_map.h"
#include "platforms/functions.h"
#include "platforms/validate.h"
#include "platforms/yaml_reader.h"

#include <algorithm>

namespace iommusim::platforms {

namespace {

/// What software keeps in memory: ranges inside one memory each, beside one another.
class SoftwareMemory {
 public:
  SoftwareMemory(const Description& description, const Source& source)
      : memories_{description.memories}, source_{source} {}

  void add(const Range<PhysAddr>& range, const std::string& what, const std::string& path) {
    const bool in_memory = std::any_of(memories_.begin(), memories_.end(),
                                       [&](const auto& memory) { return memory.range.contains(range); });
    if (!in_memory) source_.fail(path, format_range(range), "addresses inside one memory");
    if (const auto* other = taken_.first_overlap(range))
      source_.fail(path, format_range(range) + ", which meets " + other->value, "addresses that no other buffer has");
    taken_.insert(range, what);
  }

 private:
  const std::vector<MemoryDescription>& memories_;
  const Source& source_;
  IntervalMap<PhysAddr, std::string> taken_;
};

}  // namespace

void validate_buffers(const Description& description, const Source& source) {
  SoftwareMemory memory{description, source};
  if (description.os_memory) memory.add(*description.os_memory, "software.os_memory", "software.os_memory.base");
  for (const BufferDescription& buffer : description.buffers)
    memory.add(buffer.range, "the buffer '" + buffer.name + "'", item_path("software.buffers", buffer.name) + ".base");
}

}  // namespace iommusim::platforms
