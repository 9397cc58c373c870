// SPDX-License-Identifier: Apache-2.0
// One reader for each part of a platform file: what a single value must be by itself. What must hold between
// the parts is checked afterwards (platforms/validate.h). All throw InputError.
#pragma once

#include "platforms/description.h"
#include "platforms/yaml_reader.h"

#include <string>
#include <vector>

namespace iommusim::platforms {

/// The whole file, without bus numbers and bridge windows that are to be derived.
Description read_description(const Value& root);

/// One address, of segment 0, or a list of segments.
std::vector<EcamDescription> read_ecam(const Value& value);
MemoryDescription read_memory(const Value& value);
HostBridgeDescription read_host_bridge(const Value& value);
/// A function below a port of this kind (nullopt: on a root bus) and all below it; id.bus() is what `at` says, or 0.
FunctionDescription read_function(const Value& value, std::optional<FunctionKind> parent);
std::vector<BarDescription> read_bars(const Map& function, bool is_port);
/// The BARs that the list `key` holds, of `registers` registers.
std::vector<BarDescription> read_bar_list(const Map& map, std::string_view key, unsigned registers);
std::optional<AriDescription> read_ari(const Map& function);
std::optional<SriovDescription> read_sriov(const Map& function);
std::optional<MsiDescription> read_msi(const Map& function);
std::optional<MsixDescription> read_msix(const Map& function, const std::vector<BarDescription>& bars);
AcsDescription read_acs(const Value& value, FunctionKind kind);
LinkDescription read_link(const Value& value);
/// By its `type`; the reader of an architecture knows the keys.
IommuDescription read_iommu(const Value& value);
IommuDescription read_vtd(const Value& value);
IommuDescription read_smmuv3(const Value& value);
IommuKind read_iommu_kind(const Map& map);
/// The key `requester_ids`: one BDF with its bus, or the first and the last of a range.
struct RequesterRange {
  RequesterId first;
  std::uint32_t count = 0;
};
RequesterRange read_requester_ids(const Map& map);
GicDescription read_gic(const Value& value);
void read_scope(const Map& map, IommuDescription& iommu);
/// What the firmware table of the architecture can say of such a region.
enum class RegionFlags : std::uint8_t { none, remappable };
void read_rmrrs(const Map& map, std::string_view key, RegionFlags flags, IommuDescription& iommu);
/// The `entries` and `ways` of a cache.
void read_cache(const Map& map, std::string_view key, unsigned& entries, unsigned& ways);
TimingDescription read_timing(const Value& value);
StatisticsDescription read_statistics(const Value& value);
/// The `dma` of an endpoint.
timing::EngineParameters read_engine(const Value& value);
BufferDescription read_buffer(const Value& value);
DomainDescription read_domain(const Value& value, const std::vector<BufferDescription>& buffers);
VirtualProcessorDescription read_virtual_processor(const Value& value);
InterruptDescription read_interrupt(const Value& value);

/// The word of the file: "root-port".
std::string_view to_string(FunctionKind kind);

}  // namespace iommusim::platforms
