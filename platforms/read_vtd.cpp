// SPDX-License-Identifier: Apache-2.0
// The keys of a VT-d unit.
#include "platforms/parse_bdf.h"
#include "platforms/readers.h"

namespace iommusim::platforms {
namespace {

std::vector<unsigned> read_levels(const Value& value) {
  std::vector<unsigned> levels;
  for (const Value& item : value.items())
    levels.push_back(item.number_as<unsigned>({3, 5}));
  return levels;
}

void read_flags(const Map& map, vtd::UnitConfig& config) {
  const auto flag = [&map](std::string_view key, bool& member) { member = map.boolean(key, member); };
  flag("pages_2m", config.pages_2m);
  flag("pages_1g", config.pages_1g);
  flag("caching_mode", config.caching_mode);
  flag("write_buffer_flush", config.write_buffer_flush);
  flag("zero_length_read", config.zero_length_read);
  flag("page_selective_invalidation", config.page_selective_invalidation);
  flag("drain", config.drain);
  flag("protected_low_memory", config.protected_low_memory);
  flag("protected_high_memory", config.protected_high_memory);
  flag("enhanced_set_root", config.enhanced_set_root);
  flag("queued_invalidation", config.queued_invalidation);
  flag("pass_through", config.pass_through);
  flag("snoop_control", config.snoop_control);
  flag("coherent_walks", config.coherent_walks);
  flag("device_tlb_throttling", config.device_tlb_throttling);
  flag("page_requests", config.page_requests);
  flag("page_request_drain", config.page_request_drain);
  flag("fault_compression", config.fault_compression);
  flag("device_tlb", config.device_tlb);
  flag("no_write_flag", config.no_write_flag);
  flag("abort_dma_mode", config.abort_dma_mode);
}

/// A stage that is left out takes along what is made of it, unless the file says otherwise.
void read_scalable_mode(const Map& map, vtd::UnitConfig& config) {
  const auto flag = [&map](std::string_view key, bool& member) { member = map.boolean(key, member); };
  flag("first_stage", config.first_stage);
  flag("second_stage", config.second_stage);
  config.nested = config.nested && config.first_stage && config.second_stage;
  config.first_stage_1g = config.first_stage_1g && config.first_stage;
  config.extended_accessed = config.extended_accessed && config.first_stage;
  config.second_stage_access_dirty = config.second_stage_access_dirty && config.second_stage;
  flag("nested", config.nested);
  flag("rid_pasid", config.rid_pasid);
  flag("rid_priv", config.rid_priv);
  flag("first_stage_1g", config.first_stage_1g);
  flag("first_stage_5_levels", config.first_stage_5_levels);
  flag("second_stage_access_dirty", config.second_stage_access_dirty);
  flag("execute_requests", config.execute_requests);
  flag("supervisor_requests", config.supervisor_requests);
  flag("snooped_walks", config.snooped_walks);
  flag("extended_accessed", config.extended_accessed);
  flag("interrupt_remapping", config.interrupt_remapping);
  flag("extended_interrupt_mode", config.extended_interrupt_mode);
  flag("posted_interrupts", config.posted_interrupts);
  flag("enhanced_set_interrupt_table", config.enhanced_set_interrupt_table);
}

void read_numbers(const Map& map, vtd::UnitConfig& config) {
  // Bounds of the register fields; vtd::find_impossible knows what makes sense together.
  const auto number = [&map](std::string_view key, unsigned& member, Bounds bounds) {
    member = map.number(key, member, bounds);
  };
  number("host_address_width", config.host_address_width, {32, 52});
  number("guest_address_width", config.guest_address_width, {39, 57});
  number("domain_id_bits", config.domain_id_bits, {4, 16});
  number("fault_records", config.fault_records, {1, 256});
  number("fault_record_offset", config.fault_record_offset, {0, 0x3FF0});
  number("iotlb_offset", config.iotlb_offset, {0, 0x3FF0});
  number("max_address_mask", config.max_address_mask, {0, 63});
  number("pasid_bits", config.pasid_bits, {0, 20});
  number("max_handle_mask", config.max_handle_mask, {0, 15});
}

vtd::UnitConfig read_unit(const Map& map) {
  const auto mode = map.optional("mode");
  const bool scalable = mode && mode->choice<bool>({{"legacy", false}, {"scalable", true}});
  vtd::UnitConfig config = scalable ? vtd::scalable_mode_config() : vtd::UnitConfig{};
  config.register_base = PhysAddr{map.required("registers", "the address of the register page").address()};
  if (const auto levels = map.optional("table_levels")) config.table_levels = read_levels(*levels);
  read_flags(map, config);
  read_scalable_mode(map, config);
  read_numbers(map, config);
  read_cache(map, "context_cache", config.context_cache_entries, config.context_cache_ways);
  read_cache(map, "iotlb", config.iotlb_entries, config.iotlb_ways);
  read_cache(map, "pasid_cache", config.pasid_cache_entries, config.pasid_cache_ways);
  read_cache(map, "first_stage_cache", config.first_stage_cache_entries, config.first_stage_cache_ways);
  read_cache(map, "second_stage_cache", config.second_stage_cache_entries, config.second_stage_cache_ways);
  read_cache(map, "interrupt_cache", config.interrupt_cache_entries, config.interrupt_cache_ways);
  return config;
}

NamespaceDeviceDescription read_namespace_device(const Value& value) {
  const Map map{value, {"object", "number", "at"}};
  NamespaceDeviceDescription device;
  const std::string expected = "a name of the ACPI namespace, as in \\_SB.I2C0";
  const Value object = map.required("object", expected);
  device.object = object.text();
  if (device.object.empty() || device.object.front() != '\\') object.reject(expected);
  device.number = map.required("number", "the device's number in the DMAR table").number_as<std::uint8_t>({0, 255});
  const Value at = map.required("at", "bus:device.function");
  const auto id = parse_bdf(at.text());
  if (!id || at.text().find(':') == std::string::npos) at.reject("bus:device.function, as in f0:15.0");
  device.id = *id;
  return device;
}

const std::initializer_list<std::string_view> keys{"name",
                                                   "type",
                                                   "registers",
                                                   "host_address_width",
                                                   "guest_address_width",
                                                   "table_levels",
                                                   "pages_2m",
                                                   "pages_1g",
                                                   "domain_id_bits",
                                                   "fault_records",
                                                   "fault_record_offset",
                                                   "iotlb_offset",
                                                   "caching_mode",
                                                   "write_buffer_flush",
                                                   "zero_length_read",
                                                   "page_selective_invalidation",
                                                   "max_address_mask",
                                                   "drain",
                                                   "protected_low_memory",
                                                   "protected_high_memory",
                                                   "enhanced_set_root",
                                                   "queued_invalidation",
                                                   "pass_through",
                                                   "snoop_control",
                                                   "coherent_walks",
                                                   "device_tlb_throttling",
                                                   "page_requests",
                                                   "page_request_drain",
                                                   "fault_compression",
                                                   "interrupt_remapping",
                                                   "extended_interrupt_mode",
                                                   "posted_interrupts",
                                                   "enhanced_set_interrupt_table",
                                                   "max_handle_mask",
                                                   "interrupt_cache",
                                                   "scope",
                                                   "proximity_domain",
                                                   "namespace_devices",
                                                   "context_cache",
                                                   "iotlb",
                                                   "mode",
                                                   "device_tlb",
                                                   "no_write_flag",
                                                   "abort_dma_mode",
                                                   "first_stage",
                                                   "second_stage",
                                                   "nested",
                                                   "pasid_bits",
                                                   "rid_pasid",
                                                   "rid_priv",
                                                   "first_stage_1g",
                                                   "first_stage_5_levels",
                                                   "second_stage_access_dirty",
                                                   "execute_requests",
                                                   "supervisor_requests",
                                                   "snooped_walks",
                                                   "extended_accessed",
                                                   "pasid_cache",
                                                   "first_stage_cache",
                                                   "second_stage_cache",
                                                   "rmrrs"};

}  // namespace

IommuDescription read_vtd(const Value& value) {
  const Map map{value, keys};
  const std::string name = map.required("name", "a name").name();
  static_cast<void>(read_iommu_kind(map));
  IommuDescription iommu{name, read_unit(map)};
  iommu.kind = IommuKind::vtd;
  read_scope(map, iommu);
  if (const auto domain = map.optional("proximity_domain"))
    iommu.proximity_domain = domain->number_as<std::uint32_t>({0, 0xFFFF'FFFF});
  for (const Value& device : map.items("namespace_devices"))
    iommu.namespace_devices.push_back(read_namespace_device(device));
  read_rmrrs(map, "rmrrs", RegionFlags::none, iommu);
  return iommu;
}

}  // namespace iommusim::platforms
