// SPDX-License-Identifier: Apache-2.0
#include "platforms/iort_table.h"

#include "platforms/acpi_writer.h"
#include "platforms/functions.h"
#include "platforms/iommu_kinds.h"
#include "platforms/requester_ids.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

namespace iommusim::platforms {
namespace {

// Types of nodes (3.1), each with the revision that is written here.
enum class NodeType : std::uint8_t { its_group = 0, root_complex = 2, smmu_v3 = 4, reserved_memory = 6 };

constexpr std::size_t length_offset = 4;
constexpr std::size_t checksum_offset = 9;
constexpr std::size_t node_count_offset = 36;
constexpr std::uint32_t header_size = 48;
constexpr std::uint32_t node_header_size = 16;

/// Requester IDs from `input` on have IDs from `output` on at the node `target` (3.1.2).
struct IdMapping {
  std::uint32_t input = 0;
  std::uint32_t count = 0;
  std::uint32_t output = 0;
  std::uint32_t target = 0;
  /// One ID, that of the node itself, whatever comes in.
  bool is_single = false;
};

/// IDs `first` to `last`, both inclusive.
struct IdSpan {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

class IortTable {
 public:
  explicit IortTable(const Description& description)
      : description_{description}, functions_{all_functions(description)} {}

  std::vector<std::uint8_t> build() {
    add_header();
    if (description_.gic && description_.gic->its) add_its_group();
    for (const IommuDescription& iommu : description_.iommus)
      add_smmu(iommu);
    for (const HostBridgeDescription& bridge : description_.host_bridges)
      add_root_complex(bridge);
    for (const IommuDescription& iommu : description_.iommus)
      for (const RmrrDescription& range : iommu.rmrrs)
        add_reserved_memory(iommu, range);
    table_.patch(node_count_offset, nodes_);
    table_.patch(length_offset, static_cast<std::uint32_t>(table_.size()));
    table_.patch_checksum(checksum_offset);
    return table_.take();
  }

 private:
  void add_header() {
    // That of specification E.e, the first with node revisions like ours.
    constexpr std::uint8_t revision = 6;
    table_.add_text("IORT", 4).add(std::uint32_t{0}).add(revision).add(std::uint8_t{0});
    table_.add_text("IOMSIM", 6).add_text("IOMMUSIM", 8).add(std::uint32_t{1});
    table_.add_text("IOMS", 4).add(std::uint32_t{1});
    table_.add(std::uint32_t{0}).add(header_size).add(std::uint32_t{0});
  }

  /// 3.1. Mappings stand behind what `content` writes. Returns the node's offset, by which others refer to it.
  std::uint32_t add_node(NodeType type, std::uint8_t revision, const std::vector<IdMapping>& mappings,
                         const std::function<void()>& content) {
    const std::size_t start = table_.size();
    table_.add(static_cast<std::uint8_t>(type)).add(std::uint16_t{0}).add(revision).add(nodes_++);
    table_.add(static_cast<std::uint32_t>(mappings.size())).add(std::uint32_t{0});
    content();
    if (!mappings.empty())
      table_.patch(start + node_header_size - 4, static_cast<std::uint32_t>(table_.size() - start));
    for (const IdMapping& mapping : mappings)
      table_.add(mapping.input)
          .add(mapping.count - 1)
          .add(mapping.output)
          .add(mapping.target)
          .add(std::uint32_t{mapping.is_single ? 1U : 0U});
    table_.patch(start + 1, static_cast<std::uint16_t>(table_.size() - start));
    return static_cast<std::uint32_t>(start);
  }

  /// 3.1.1.1: the one ITS that there is, number 0.
  void add_its_group() {
    its_ = add_node(NodeType::its_group, 0, {}, [this] { table_.add(std::uint32_t{1}).add(std::uint32_t{0}); });
  }

  /// 3.1.1.2, revision E.e. What comes in is StreamIDs, what goes out DeviceIDs.
  void add_smmu(const IommuDescription& iommu) {
    std::vector<IdMapping> to_its;
    for (const IdMapping& stream : streams_of(iommu))
      for (const IdMapping& device : devices_of(stream.input, stream.count))
        to_its.push_back({stream.output + (device.input - stream.input), device.count, device.output, *its_});
    // Where it is not valid it leads to no mapping either, for software older than revision 5.
    const auto own_mapping = static_cast<std::uint32_t>(to_its.size());
    if (iommu.device_id) to_its.push_back({0, 1, *iommu.device_id, *its_, true});
    smmus_.push_back(add_node(NodeType::smmu_v3, 5, to_its, [&] {
      constexpr std::uint32_t coherency_override = 1;
      constexpr std::uint32_t own_mapping_is_valid = 1 << 4;
      table_.add(iommu.smmuv3.register_base.value());
      table_.add((iommu.smmuv3.coherent ? coherency_override : 0) | (iommu.device_id ? own_mapping_is_valid : 0));
      // VATOS, generic model, four GSIVs, proximity domain; which mapping is of the unit's own messages.
      table_.add(std::uint32_t{0}).add(std::uint64_t{0});
      for (unsigned i = 0; i < 6; ++i)
        table_.add(std::uint32_t{0});
      table_.add(own_mapping);
    }));
  }

  /// 3.1.1.3. IDs of the functions in an SMMU's scope go there; the others where the host bridge says.
  void add_root_complex(const HostBridgeDescription& bridge) {
    const bool has_ats = std::any_of(functions_.begin(), functions_.end(), [&bridge](const FunctionPlace& place) {
      return place.bridge == &bridge && place.function->ats;
    });
    add_node(NodeType::root_complex, 1, mappings_of(bridge), [&] {
      // Cache-coherent, by its own attributes.
      constexpr std::uint8_t coherent_path = 1;
      table_.add(std::uint32_t{1}).add(std::uint8_t{0}).add(std::uint16_t{0}).add(coherent_path);
      table_.add(std::uint32_t{has_ats ? 1U : 0U}).add(std::uint32_t{bridge.segment});
      constexpr std::uint8_t all_address_bits = 64;
      table_.add(all_address_bits).add_text("", 3);
    });
  }

  /// 3.1.1.5, revision E.d: whether remapping is permitted; not only for privileged requests, device memory.
  void add_reserved_memory(const IommuDescription& iommu, const RmrrDescription& range) {
    std::vector<IdMapping> streams;
    for (const FunctionPlace& place : functions_) {
      if (std::find(range.devices.begin(), range.devices.end(), place.function->name) == range.devices.end()) continue;
      for (const RequesterId id : requester_ids(*place.function, place.parent))
        for (const IdMapping& stream : streams_of(iommu))
          if (id.raw() >= stream.input && id.raw() - stream.input < stream.count)
            streams.push_back({0, 1, stream.output + (id.raw() - stream.input), smmu_of(iommu)});
    }
    add_node(NodeType::reserved_memory, 3, streams, [&] {
      constexpr std::uint32_t fixed_size = 12;
      table_.add(std::uint32_t{range.remappable ? 1U : 0U}).add(std::uint32_t{1}).add(node_header_size + fixed_size);
      table_.add(range.range.first.value()).add(range.range.size()).add(std::uint32_t{0});
    });
  }

  std::uint32_t smmu_of(const IommuDescription& iommu) const {
    return smmus_[static_cast<std::size_t>(&iommu - description_.iommus.data())];
  }

  /// Requester IDs to StreamIDs.
  static std::vector<IdMapping> streams_of(const IommuDescription& iommu) {
    constexpr std::uint32_t all = 0x1'0000;
    if (iommu.smmuv3.streams.empty()) return {{0, all, 0, 0}};
    std::vector<IdMapping> streams;
    for (const smmuv3::StreamMapping& mapping : iommu.smmuv3.streams)
      streams.push_back({mapping.first.raw(), mapping.count, mapping.stream, 0});
    return streams;
  }

  /// The DeviceIDs of `count` requester IDs from `first` on; none without an ITS.
  std::vector<IdMapping> devices_of(std::uint32_t first, std::uint32_t count) const {
    if (!its_) return {};
    const gic::ItsConfig& its = *description_.gic->its;
    if (its.devices.empty()) return {{first, count, first, *its_}};
    std::vector<IdMapping> devices;
    for (const gic::DeviceMapping& mapping : its.devices) {
      const std::uint32_t begin = std::max<std::uint32_t>(first, mapping.first.raw());
      const std::uint32_t end = std::min(first + count, mapping.first.raw() + mapping.count);
      if (begin < end) devices.push_back({begin, end - begin, mapping.device + (begin - mapping.first.raw()), *its_});
    }
    return devices;
  }

  /// Runs of buses' IDs that pass one SMMU, or none.
  std::vector<IdMapping> mappings_of(const HostBridgeDescription& bridge) const {
    std::vector<IdMapping> mappings;
    for (const IommuDescription& iommu : description_.iommus) {
      const std::vector<IdSpan> spans = spans_behind(bridge, iommu);
      for (const IdSpan& span : spans)
        for (const IdMapping& stream : streams_of(iommu)) {
          const std::uint32_t begin = std::max(span.first, stream.input);
          const std::uint32_t end = std::min(span.last + 1, stream.input + stream.count);
          if (begin < end)
            mappings.push_back({begin, end - begin, stream.output + (begin - stream.input), smmu_of(iommu)});
        }
    }
    if (bridge.iommu.empty())
      for (const IdMapping& device : devices_of(std::uint32_t{bridge.first_bus} << 8, bus_count(bridge) << 8))
        mappings.push_back(device);
    return mappings;
  }

  static std::uint32_t bus_count(const HostBridgeDescription& bridge) {
    return std::uint32_t{bridge.last_bus} - bridge.first_bus + 1;
  }

  /// All IDs of the host bridge; where several SMMUs share it, those of each function on the root bus and of the buses
  /// below it.
  std::vector<IdSpan> spans_behind(const HostBridgeDescription& bridge, const IommuDescription& iommu) const {
    const bool is_shared = std::any_of(functions_.begin(), functions_.end(), [&](const FunctionPlace& place) {
      return place.bridge == &bridge && iommu_of(description_, place) != iommu_named(bridge.iommu);
    });
    const auto last = (std::uint32_t{bridge.last_bus} << 8) | 0xFF;
    if (!is_shared && bridge.iommu == iommu.name) return {{std::uint32_t{bridge.first_bus} << 8, last}};
    std::vector<IdSpan> spans;
    for (const FunctionPlace& place : functions_) {
      if (!is_shared || place.bridge != &bridge || place.parent != nullptr || iommu_of(description_, place) != &iommu)
        continue;
      spans.push_back({place.function->id.raw(), place.function->id.raw()});
      if (is_port(place.function->kind))
        spans.push_back({std::uint32_t{place.function->secondary_bus} << 8,
                         (std::uint32_t{place.function->subordinate_bus} << 8) | 0xFF});
    }
    return spans;
  }

  const IommuDescription* iommu_named(const std::string& name) const {
    for (const IommuDescription& iommu : description_.iommus)
      if (iommu.name == name) return &iommu;
    return nullptr;
  }

  const Description& description_;
  std::vector<FunctionPlace> functions_;
  AcpiWriter table_;
  std::uint32_t nodes_ = 0;
  /// Offset of the ITS group.
  std::optional<std::uint32_t> its_;
  /// Offsets of SMMUs, in the order of the description.
  std::vector<std::uint32_t> smmus_;
};

}  // namespace

std::vector<std::uint8_t> iort_table(const Description& description) {
  for (const IommuDescription& iommu : description.iommus)
    if (iommu.kind != IommuKind::smmuv3)
      throw InputError{{description.file, 0, 0},
                       fmt::format("the IORT: found the VT-d unit {}, expected SMMUv3s only", iommu.name)};
  return IortTable{description}.build();
}

}  // namespace iommusim::platforms
