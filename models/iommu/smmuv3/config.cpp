// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/config.h"

#include "base/config_check.h"
#include "iommu/translation_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace iommusim::smmuv3 {
namespace {

constexpr std::uint64_t page_64k = 0x1'0000;
constexpr std::uint32_t requester_ids = 0x1'0000;

void check_stages(const UnitConfig& config, ConfigCheck& findings) {
  findings.require(config.stage_1 || config.stage_2, "stage_1", config.stage_1, "true without stage_2");
  findings.require(!config.hypervisor || config.stage_1, "hypervisor", config.hypervisor, "false without stage_1");
  findings.require(!config.vmid_16 || config.stage_2, "vmid_16", config.vmid_16, "false without stage_2");
  findings.require(!config.vmid_wildcard || config.stage_2, "vmid_wildcard", config.vmid_wildcard,
                   "false without stage_2");
  findings.require(config.granule_4k || config.granule_16k || config.granule_64k, "granule_4k", config.granule_4k,
                   "true without another granule");
  findings.require(!config.input_address_52 || config.granule_64k, "input_address_52", config.input_address_52,
                   "false without granule_64k");
  constexpr std::array<unsigned, 7> sizes{32, 36, 40, 42, 44, 48, 52};
  const bool exists = std::find(sizes.begin(), sizes.end(), config.output_address_bits) != sizes.end();
  findings.require(exists, "output_address_bits", config.output_address_bits, "32, 36, 40, 42, 44, 48 or 52");
  findings.require(config.block_change_level <= 2, "block_change_level", config.block_change_level, "0 to 2");
}

void check_devices(const UnitConfig& config, ConfigCheck& findings) {
  findings.require(!config.no_split_stage_ats || config.ats, "no_split_stage_ats", config.no_split_stage_ats,
                   "false without ats");
  findings.require(!config.ats_record_errors || config.ats, "ats_record_errors", config.ats_record_errors,
                   "false without ats");
  findings.require(!config.pri || config.ats, "pri", config.pri, "false without ats");
  findings.require(!config.page_response_pasid || config.pri, "page_response_pasid", config.page_response_pasid,
                   "false without pri");
  const bool stalls = config.stall_model != StallModel::terminate_only;
  findings.require(!stalls || (config.max_stalls >= 1 && config.max_stalls <= 0xFFFF), "max_stalls", config.max_stalls,
                   "1 to 65535 where transactions can stall");
}

void check_queues(const UnitConfig& config, ConfigCheck& findings) {
  constexpr unsigned most = 19;
  constexpr std::string_view sizes = "0 to 19";
  findings.require(config.command_queue_bits <= most, "command_queue_bits", config.command_queue_bits, sizes);
  findings.require(config.event_queue_bits <= most, "event_queue_bits", config.event_queue_bits, sizes);
  findings.require(config.page_request_queue_bits <= (config.pri ? most : 0), "page_request_queue_bits",
                   config.page_request_queue_bits, config.pri ? sizes : "0 without pri");
}

constexpr bool is_power_of_two(unsigned number) {
  return number != 0 && (number & (number - 1)) == 0;
}

/// Since SMMUv3.3.
void check_enhanced_queues(const UnitConfig& config, ConfigCheck& findings) {
  constexpr unsigned most_pages = 256;
  constexpr unsigned most_per_page = 256;
  if (config.ecmdq == 0) {
    findings.require(config.ecmdq_pages == 1, "ecmdq_pages", config.ecmdq_pages, "1 without ecmdq");
    return;
  }
  const bool exists = config.minor_version >= 3;
  findings.require(exists, "ecmdq", config.ecmdq, "0 with a minor_version below 3");
  const bool divides = is_power_of_two(config.ecmdq) && config.ecmdq <= most_pages * most_per_page;
  findings.require(divides, "ecmdq", config.ecmdq, "0, or a power of two up to 65536");
  const bool fits = is_power_of_two(config.ecmdq_pages) && config.ecmdq_pages <= most_pages &&
                    config.ecmdq_pages <= config.ecmdq && config.ecmdq / config.ecmdq_pages <= most_per_page;
  if (divides)
    findings.require(fits, "ecmdq_pages", config.ecmdq_pages,
                     "a power of two up to 256 that gives each page 1 to 256 queues");
}

void check_streams(const UnitConfig& config, ConfigCheck& findings) {
  findings.require(config.stream_id_bits <= 32, "stream_id_bits", config.stream_id_bits, "0 to 32");
  findings.require(config.stream_id_bits <= 6 || config.two_level_streams, "two_level_streams",
                   config.two_level_streams, "true with more than 6 stream_id_bits");
  findings.require(config.substream_id_bits <= (config.stage_1 ? 20U : 0U), "substream_id_bits",
                   config.substream_id_bits, "0 to 20, and 0 without stage_1");
  for (std::size_t i = 0; i < config.streams.size(); ++i) {
    const StreamMapping& mapping = config.streams[i];
    const std::string field = fmt::format("streams[{}]", i);
    findings.require(mapping.count >= 1 && mapping.count <= requester_ids - mapping.first.raw(), field, mapping.count,
                     "a count of 1 to what is left of 65536 requester IDs");
    const std::uint64_t end = std::uint64_t{mapping.stream} + mapping.count;
    const bool fits = config.stream_id_bits > 32 || end <= std::uint64_t{1} << config.stream_id_bits;
    findings.require(fits, field, mapping.stream, "below 2^stream_id_bits, with all that follow it");
  }
}

void check_cache(unsigned entries, unsigned ways, std::string_view field, ConfigCheck& findings) {
  constexpr unsigned most = 1U << 20;
  using AnyCache = iommu::TranslationCache<int, int>;
  findings.require(entries <= most && AnyCache::is_valid_geometry(entries, ways), field,
                   fmt::format("{} ({} ways)", entries, ways),
                   "0 to 1048576, and a power of two times the number of ways");
}

}  // namespace

std::uint64_t register_bytes(const UnitConfig& config) {
  constexpr unsigned pages = 2;
  return (pages + (config.ecmdq != 0 ? config.ecmdq_pages : 0)) * page_64k;
}

std::vector<ConfigFinding> find_impossible(const UnitConfig& config) {
  ConfigCheck findings;
  findings.require(config.register_base.offset_in(page_64k) == 0, "register_base", config.register_base.value(),
                   "a multiple of 65536");
  findings.require(config.minor_version <= 4, "minor_version", config.minor_version, "0 to 4");
  check_stages(config, findings);
  check_devices(config, findings);
  check_queues(config, findings);
  check_enhanced_queues(config, findings);
  check_streams(config, findings);
  check_cache(config.config_cache_entries, config.config_cache_ways, "config_cache_entries", findings);
  check_cache(config.tlb_entries, config.tlb_ways, "tlb_entries", findings);
  check_cache(config.walk_cache_entries, config.walk_cache_ways, "walk_cache_entries", findings);
  check_cache(config.ipa_cache_entries, config.ipa_cache_ways, "ipa_cache_entries", findings);
  return findings.take();
}

}  // namespace iommusim::smmuv3
