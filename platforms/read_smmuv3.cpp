// SPDX-License-Identifier: Apache-2.0
// The keys of an SMMUv3.
#include "platforms/parse_bdf.h"
#include "platforms/readers.h"

namespace iommusim::platforms {
namespace {

void read_flags(const Map& map, smmuv3::UnitConfig& config) {
  const auto flag = [&map](std::string_view key, bool& member) { member = map.boolean(key, member); };
  flag("stage_1", config.stage_1);
  flag("stage_2", config.stage_2);
  flag("coherent", config.coherent);
  flag("hypervisor", config.hypervisor);
  flag("ats", config.ats);
  flag("no_split_stage_ats", config.no_split_stage_ats);
  flag("pri", config.pri);
  flag("asid_16", config.asid_16);
  flag("vmid_16", config.vmid_16);
  flag("msi", config.msi);
  flag("send_event", config.send_event);
  flag("vmid_wildcard", config.vmid_wildcard);
  flag("two_level_contexts", config.two_level_contexts);
  flag("ats_record_errors", config.ats_record_errors);
  flag("abort_only", config.abort_only);
  flag("two_level_streams", config.two_level_streams);
  flag("attribute_type_overrides", config.attribute_type_overrides);
  flag("attribute_permission_overrides", config.attribute_permission_overrides);
  flag("hierarchical_attribute_disable", config.hierarchical_attribute_disable);
  flag("page_based_attributes", config.page_based_attributes);
  flag("execute_never_per_level", config.execute_never_per_level);
  flag("force_write_back", config.force_write_back);
  flag("small_tables", config.small_tables);
  flag("range_invalidation", config.range_invalidation);
  flag("e0pd", config.e0pd);
  flag("enhanced_pan", config.enhanced_pan);
  flag("page_response_pasid", config.page_response_pasid);
  flag("granule_4k", config.granule_4k);
  flag("granule_16k", config.granule_16k);
  flag("granule_64k", config.granule_64k);
  flag("input_address_52", config.input_address_52);
}

void read_numbers(const Map& map, smmuv3::UnitConfig& config) {
  // Bounds of the register fields; smmuv3::find_impossible knows what makes sense together.
  const auto number = [&map](std::string_view key, unsigned& member, Bounds bounds) {
    member = map.number(key, member, bounds);
  };
  number("minor_version", config.minor_version, {0, 4});
  number("stream_id_bits", config.stream_id_bits, {0, 32});
  number("substream_id_bits", config.substream_id_bits, {0, 20});
  number("command_queue_bits", config.command_queue_bits, {0, 19});
  number("event_queue_bits", config.event_queue_bits, {0, 19});
  number("page_request_queue_bits", config.page_request_queue_bits, {0, 19});
  number("ecmdq", config.ecmdq, {0, 0x1'0000});
  number("ecmdq_pages", config.ecmdq_pages, {1, 256});
  number("block_change_level", config.block_change_level, {0, 2});
  number("output_address_bits", config.output_address_bits, {32, 52});
  number("max_stalls", config.max_stalls, {0, 0xFFFF});
  number("implementation", config.implementation, {0, 0xFFFF'FFFF});
}

void read_models(const Map& map, smmuv3::UnitConfig& config) {
  using smmuv3::StallModel;
  using smmuv3::TableUpdate;
  if (const auto model = map.optional("stall_model"))
    config.stall_model = model->choice<StallModel>({{"stall-and-terminate", StallModel::stall_and_terminate},
                                                    {"terminate-only", StallModel::terminate_only},
                                                    {"stall-only", StallModel::stall_only}});
  if (const auto update = map.optional("table_update"))
    config.table_update = update->choice<TableUpdate>({{"none", TableUpdate::none},
                                                       {"access-flag", TableUpdate::access_flag},
                                                       {"access-flag-and-dirty", TableUpdate::access_flag_and_dirty}});
}

void read_caches(const Map& map, smmuv3::UnitConfig& config) {
  read_cache(map, "config_cache", config.config_cache_entries, config.config_cache_ways);
  read_cache(map, "tlb", config.tlb_entries, config.tlb_ways);
  read_cache(map, "walk_cache", config.walk_cache_entries, config.walk_cache_ways);
  read_cache(map, "ipa_cache", config.ipa_cache_entries, config.ipa_cache_ways);
  config.micro_tlb_entries = map.number("micro_tlb_entries", config.micro_tlb_entries, {0, 1U << 20});
}

smmuv3::StreamMapping read_stream(const Value& value) {
  const Map map{value, {"requester_ids", "stream"}};
  const RequesterRange range = read_requester_ids(map);
  const Value stream = map.required("stream", "the StreamID of the first requester ID");
  return {range.first, range.count, stream.number_as<std::uint32_t>({0, 0xFFFF'FFFF})};
}

const std::initializer_list<std::string_view> keys{"name",
                                                   "type",
                                                   "registers",
                                                   "minor_version",
                                                   "stage_1",
                                                   "stage_2",
                                                   "coherent",
                                                   "table_update",
                                                   "hypervisor",
                                                   "ats",
                                                   "no_split_stage_ats",
                                                   "pri",
                                                   "asid_16",
                                                   "vmid_16",
                                                   "msi",
                                                   "send_event",
                                                   "vmid_wildcard",
                                                   "two_level_contexts",
                                                   "ats_record_errors",
                                                   "stall_model",
                                                   "abort_only",
                                                   "two_level_streams",
                                                   "stream_id_bits",
                                                   "substream_id_bits",
                                                   "command_queue_bits",
                                                   "event_queue_bits",
                                                   "page_request_queue_bits",
                                                   "ecmdq",
                                                   "ecmdq_pages",
                                                   "attribute_type_overrides",
                                                   "attribute_permission_overrides",
                                                   "hierarchical_attribute_disable",
                                                   "page_based_attributes",
                                                   "execute_never_per_level",
                                                   "force_write_back",
                                                   "small_tables",
                                                   "range_invalidation",
                                                   "block_change_level",
                                                   "e0pd",
                                                   "enhanced_pan",
                                                   "page_response_pasid",
                                                   "output_address_bits",
                                                   "granule_4k",
                                                   "granule_16k",
                                                   "granule_64k",
                                                   "input_address_52",
                                                   "max_stalls",
                                                   "implementation",
                                                   "streams",
                                                   "config_cache",
                                                   "micro_tlb_entries",
                                                   "tlb",
                                                   "walk_cache",
                                                   "ipa_cache",
                                                   "scope",
                                                   "rmrs",
                                                   "stalling",
                                                   "doorbell",
                                                   "device_id"};

}  // namespace

IommuDescription read_smmuv3(const Value& value) {
  const Map map{value, keys};
  IommuDescription iommu;
  iommu.name = map.required("name", "a name").name();
  iommu.kind = read_iommu_kind(map);
  smmuv3::UnitConfig& config = iommu.smmuv3;
  config.register_base = PhysAddr{map.required("registers", "the address of register page 0").address()};
  read_flags(map, config);
  read_numbers(map, config);
  read_models(map, config);
  read_caches(map, config);
  for (const Value& stream : map.items("streams"))
    config.streams.push_back(read_stream(stream));
  read_scope(map, iommu);
  read_rmrrs(map, "rmrs", RegionFlags::remappable, iommu);
  for (const Value& device : map.items("stalling"))
    iommu.stalling.push_back(device.name());
  if (const auto doorbell = map.optional("doorbell"))
    iommu.doorbell = doorbell->choice<DoorbellKind>(
        {{"its", DoorbellKind::its}, {"gicv2m", DoorbellKind::gicv2m}, {"mbi", DoorbellKind::mbi}});
  if (const auto device = map.optional("device_id"))
    iommu.device_id = device->number_as<std::uint32_t>({0, 0xFFFF'FFFF});
  return iommu;
}

}  // namespace iommusim::platforms
