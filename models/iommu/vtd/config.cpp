// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/config.h"

#include "base/config_check.h"
#include "iommu/translation_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace iommusim::vtd {
namespace {

/// FRO and IRO are ten bits wide and count 16-byte units.
constexpr unsigned last_relocatable_offset = 0x3FF * 16;
/// The fixed registers of every revision end here (PEUADDR).
constexpr unsigned end_of_fixed_registers = 0x0F0;

void check_widths(const UnitConfig& config, ConfigCheck& findings) {
  findings.require(config.register_base.offset_in(page_4k) == 0, "register_base", config.register_base.value(),
                   "a multiple of 4096");
  findings.require(config.host_address_width >= 32 && config.host_address_width <= 52, "host_address_width",
                   config.host_address_width, "32 to 52");
  const unsigned gaw = config.guest_address_width;
  findings.require(gaw == 39 || gaw == 48 || gaw == 57, "guest_address_width", gaw, "39, 48 or 57");
  findings.require(!config.table_levels.empty(), "table_levels", "[]", "a list of one or more of 3, 4 and 5");
  for (const unsigned levels : config.table_levels)
    findings.require(levels >= 3 && levels <= 5, "table_levels", levels, "3, 4 or 5");
  const unsigned bits = config.domain_id_bits;
  findings.require(bits >= 4 && bits <= 16 && bits % 2 == 0, "domain_id_bits", bits, "even, 4 to 16");
}

void check_offset(unsigned offset, std::string_view field, ConfigCheck& findings) {
  const bool is_right = offset % 16 == 0 && offset >= end_of_fixed_registers && offset <= last_relocatable_offset;
  findings.require(is_right, field, offset, "a multiple of 16 from 240 (0xF0) to 16368 (0x3FF0)");
}

void check_registers(const UnitConfig& config, ConfigCheck& findings) {
  const unsigned records = config.fault_records;
  findings.require(records >= 1 && records <= 256, "fault_records", records, "1 to 256");
  check_offset(config.fault_record_offset, "fault_record_offset", findings);
  check_offset(config.iotlb_offset, "iotlb_offset", findings);
  const bool overlaps = config.iotlb_offset + 16 > config.fault_record_offset &&
                        config.iotlb_offset < config.fault_record_offset + 16 * std::min(records, 256u);
  findings.require(!overlaps, "iotlb_offset", config.iotlb_offset, "outside the fault records");
}

void check_invalidation(const UnitConfig& config, ConfigCheck& findings) {
  const unsigned smallest = config.page_selective_invalidation ? 9 : 0;
  findings.require(config.max_address_mask >= smallest && config.max_address_mask <= 63, "max_address_mask",
                   config.max_address_mask, "0 to 63, and at least 9 with page_selective_invalidation");
}

void check_device_tlb(const UnitConfig& config, ConfigCheck& findings) {
  findings.require(!config.device_tlb || config.queued_invalidation, "device_tlb", config.device_tlb,
                   "false without queued_invalidation");
  findings.require(!config.device_tlb_throttling || config.device_tlb, "device_tlb_throttling",
                   config.device_tlb_throttling, "false without device_tlb");
  const bool can_request_pages = config.device_tlb && config.scalable_mode && config.pasid_bits != 0;
  findings.require(!config.page_requests || can_request_pages, "page_requests", config.page_requests,
                   "false without device_tlb and pasid_bits in scalable mode");
  findings.require(!config.page_request_drain || config.page_requests, "page_request_drain", config.page_request_drain,
                   "false without page_requests");
  findings.require(!config.no_write_flag || config.device_tlb, "no_write_flag", config.no_write_flag,
                   "false without device_tlb");
}

struct Dependence {
  std::string_view field;
  bool is_set;
  bool has_needs;
  std::string_view allowed;
};

void check_scalable_mode(const UnitConfig& config, ConfigCheck& findings) {
  const bool scalable = config.scalable_mode;
  const bool first = scalable && (config.first_stage || config.nested);
  const bool second = scalable && (config.second_stage || config.nested);
  constexpr std::string_view without_mode = "false without scalable mode";
  constexpr std::string_view without_first_stage = "false without first_stage in scalable mode";
  const std::initializer_list<Dependence> dependences = {
      {"scalable_mode", scalable, config.queued_invalidation, "false without queued_invalidation"},
      {"scalable_mode", scalable, config.first_stage || config.second_stage, "with first_stage or second_stage"},
      {"first_stage", config.first_stage, scalable, without_mode},
      {"second_stage", config.second_stage, scalable, without_mode},
      {"nested", config.nested, scalable && config.first_stage && config.second_stage,
       "false without first_stage and second_stage in scalable mode"},
      {"rid_pasid", config.rid_pasid, scalable, without_mode},
      {"rid_priv", config.rid_priv, scalable, without_mode},
      {"snooped_walks", config.snooped_walks, scalable, without_mode},
      {"first_stage_1g", config.first_stage_1g, first, without_first_stage},
      {"first_stage_5_levels", config.first_stage_5_levels, first, without_first_stage},
      {"extended_accessed", config.extended_accessed, first, without_first_stage},
      {"second_stage_access_dirty", config.second_stage_access_dirty, second,
       "false without second_stage in scalable mode"},
      {"execute_requests", config.execute_requests, scalable, without_mode},
      {"supervisor_requests", config.supervisor_requests, scalable, without_mode},
  };
  for (const Dependence& rule : dependences)
    findings.require(!rule.is_set || rule.has_needs, rule.field, rule.is_set, rule.allowed);
  const unsigned most = scalable ? 20 : 0;
  findings.require(config.pasid_bits <= most, "pasid_bits", config.pasid_bits,
                   scalable ? "0 to 20" : "0 without scalable mode");
}

void check_interrupts(const UnitConfig& config, ConfigCheck& findings) {
  const bool remaps = config.interrupt_remapping;
  findings.require(!remaps || config.queued_invalidation, "interrupt_remapping", remaps,
                   "false without queued_invalidation");
  findings.require(remaps || !config.extended_interrupt_mode, "extended_interrupt_mode", config.extended_interrupt_mode,
                   "false without interrupt_remapping");
  findings.require(remaps || !config.posted_interrupts, "posted_interrupts", config.posted_interrupts,
                   "false without interrupt_remapping");
  findings.require(config.max_handle_mask <= 15, "max_handle_mask", config.max_handle_mask, "0 to 15");
}

void check_cache(unsigned entries, unsigned ways, std::string_view field, ConfigCheck& findings) {
  using AnyCache = iommu::TranslationCache<int, int>;
  constexpr unsigned most = 1u << 24;
  findings.require(entries <= most && AnyCache::is_valid_geometry(entries, ways), field,
                   fmt::format("{} in {} ways", entries, ways), "0, or ways times a power of two, at most 16777216");
}

}  // namespace

UnitConfig scalable_mode_config() {
  UnitConfig config;
  config.snoop_control = true;
  config.scalable_mode = true;
  config.first_stage = true;
  config.second_stage = true;
  config.nested = true;
  config.pasid_bits = 20;
  config.rid_pasid = true;
  config.rid_priv = true;
  config.first_stage_1g = true;
  config.second_stage_access_dirty = true;
  config.execute_requests = true;
  config.supervisor_requests = true;
  config.snooped_walks = true;
  config.extended_accessed = true;
  return config;
}

std::vector<ConfigFinding> find_impossible(const UnitConfig& config) {
  ConfigCheck findings;
  check_widths(config, findings);
  check_registers(config, findings);
  check_invalidation(config, findings);
  check_interrupts(config, findings);
  check_cache(config.context_cache_entries, config.context_cache_ways, "context_cache_entries", findings);
  check_device_tlb(config, findings);
  check_scalable_mode(config, findings);
  check_cache(config.iotlb_entries, config.iotlb_ways, "iotlb_entries", findings);
  check_cache(config.pasid_cache_entries, config.pasid_cache_ways, "pasid_cache_entries", findings);
  check_cache(config.first_stage_cache_entries, config.first_stage_cache_ways, "first_stage_cache_entries", findings);
  check_cache(config.second_stage_cache_entries, config.second_stage_cache_ways, "second_stage_cache_entries",
              findings);
  check_cache(config.interrupt_cache_entries, config.interrupt_cache_ways, "interrupt_cache_entries", findings);
  return findings.take();
}

}  // namespace iommusim::vtd
