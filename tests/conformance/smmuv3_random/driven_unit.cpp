// SPDX-License-Identifier: Apache-2.0
#include "conformance/smmuv3_random/driven_unit.h"

#include "support/random.h"
#include "support/smmuv3_registers.h"

#include <algorithm>

namespace iommusim::tests::smmu {
namespace {

constexpr unsigned queue_bits = 3;

void without_caches(smmuv3::UnitConfig& config) {
  config.config_cache_entries = 0;
  config.micro_tlb_entries = 0;
  config.tlb_entries = 0;
  config.walk_cache_entries = 0;
  config.ipa_cache_entries = 0;
}

void choose_stages(smmuv3::UnitConfig& config, Random& random) {
  const std::uint64_t stages = random.below(8);
  config.stage_1 = stages != 0;
  config.stage_2 = stages != 1;
  config.hypervisor = config.stage_1 && random.percent(60);
  config.table_update =
      random.pick({smmuv3::TableUpdate::none, smmuv3::TableUpdate::access_flag,
                   smmuv3::TableUpdate::access_flag_and_dirty, smmuv3::TableUpdate::access_flag_and_dirty});
  config.asid_16 = random.percent(70);
  config.vmid_16 = config.stage_2 && random.percent(60);
  config.execute_never_per_level = config.stage_2 && random.percent(70);
  config.force_write_back = config.stage_2 && random.percent(50);
  config.hierarchical_attribute_disable = config.stage_1 && random.percent(80);
}

void choose_streams(smmuv3::UnitConfig& config, Random& random) {
  config.two_level_streams = random.percent(85);
  config.stream_id_bits =
      static_cast<unsigned>(config.two_level_streams ? random.between(2, 16) : random.between(2, 6));
  config.substream_id_bits = config.stage_1 && random.percent(75) ? static_cast<unsigned>(random.between(1, 20)) : 0;
  config.two_level_contexts = random.percent(75);
  if (!config.two_level_streams || !random.percent(30)) return;
  config.stream_id_bits = 20;
  config.streams = {{RequesterId{0}, 0x10000, static_cast<std::uint32_t>(random.below(16)) << 16}};
}

void choose_sizes(smmuv3::UnitConfig& config, Random& random) {
  config.output_address_bits = random.pick({32U, 36U, 40U, 42U, 44U, 48U, 48U, 52U});
  config.granule_4k = random.percent(85);
  config.granule_16k = random.percent(60);
  config.granule_64k = random.percent(60);
  config.input_address_52 = config.granule_64k && random.percent(50);
  config.small_tables = random.percent(40);
}

smmuv3::UnitConfig any_unit(Random& random) {
  smmuv3::UnitConfig config;
  config.minor_version = static_cast<unsigned>(random.percent(6) ? 0 : random.between(1, 4));
  choose_stages(config, random);
  choose_streams(config, random);
  choose_sizes(config, random);
  config.ats = random.percent(65);
  config.no_split_stage_ats = config.ats && random.percent(25);
  config.ats_record_errors = config.ats && random.percent(70);
  config.stall_model = random.pick({smmuv3::StallModel::stall_and_terminate, smmuv3::StallModel::stall_and_terminate,
                                    smmuv3::StallModel::terminate_only, smmuv3::StallModel::stall_only});
  config.max_stalls = config.stall_model == smmuv3::StallModel::terminate_only ? 0 : 8;
  config.abort_only = random.percent(40);
  config.attribute_permission_overrides = random.percent(60);
  config.e0pd = random.percent(60);
  config.enhanced_pan = random.percent(60);
  without_caches(config);
  return config;
}

}  // namespace

smmuv3::UnitConfig random_unit(std::uint64_t index) {
  Random random{index};
  for (;;) {
    const smmuv3::UnitConfig config = any_unit(random);
    if (smmuv3::find_impossible(config).empty()) return config;
  }
}

DrivenUnit::DrivenUnit(const smmuv3::UnitConfig& config, ImageMemory& memory)
    : memory_{memory},
      unit_{config, memory},
      first_stream_{config.streams.empty() ? 0 : config.streams.front().stream} {
  facts_.idr0 = read32(offset::idr0);
  facts_.idr1 = read32(offset::idr1);
  facts_.idr3 = read32(offset::idr3);
  facts_.idr5 = read32(offset::idr5);
  facts_.aidr = read32(offset::aidr);
}

void DrivenUnit::set_cr2(std::uint32_t cr2) {
  write32(offset::cr0, 0);
  write32(offset::cr2, cr2);
  facts_.cr2 = read32(offset::cr2);
}

void DrivenUnit::start(const Setup& setup) {
  set_cr2(setup.cr2);
  for (const std::uint32_t tag : stalled_)
    unit_.take_verdict(tag);
  stalled_.clear();
  write32(offset::gbpa, setup.gbpa | gbpa::update);
  unit_.write_register(offset::strtab_base, 8, setup.strtab_base);
  write32(offset::strtab_base_cfg, setup.strtab_base_cfg);
  unit_.write_register(offset::eventq_base, 8, ImageMemory::page_request_queue | queue_bits);
  write32(offset::eventq_prod, 0);
  write32(offset::eventq_cons, 0);
  const std::uint32_t translation = (setup.enabled ? cr0::smmuen : 0) | (setup.checks_translated ? cr0::atschk : 0);
  write32(offset::cr0, cr0::eventqen | translation);
  facts_.cr0 = read32(offset::cr0ack);
  facts_.gbpa = read32(offset::gbpa);
  facts_.strtab_base = unit_.read_register(offset::strtab_base, 8);
  facts_.strtab_base_cfg = read32(offset::strtab_base_cfg);
}

iommu::TranslationRequest DrivenUnit::to_unit(const oracle::smmuv3::Request& request) const {
  iommu::TranslationRequest result;
  result.requester = RequesterId{static_cast<std::uint16_t>(request.stream - first_stream_)};
  if (request.substream) result.pasid = Pasid{*request.substream};
  result.address_type = request.address_type;
  result.operation = request.operation;
  result.privileged = request.privileged;
  result.execute = request.instruction;
  result.no_write = request.no_write;
  result.address = Iova{request.address};
  result.size = request.size;
  return result;
}

UnitAnswer DrivenUnit::ask(const oracle::smmuv3::Request& request) {
  UnitAnswer answer;
  answer.result = unit_.translate(to_unit(request), fetches_);
  if (answer.result.outcome == iommu::Outcome::stalled) stalled_.push_back(answer.result.message_data);
  answer.records = take_records();
  return answer;
}

iommu::TranslationResult DrivenUnit::foresee(const oracle::smmuv3::Request& request) const {
  return unit_.decide(to_unit(request), fetches_);
}

std::vector<std::array<std::uint64_t, 4>> DrivenUnit::take_records() {
  constexpr std::uint32_t index_mask = (1U << queue_bits) - 1;
  std::vector<std::array<std::uint64_t, 4>> records;
  const std::uint32_t end = read32(offset::eventq_prod);
  for (std::uint32_t at = read32(offset::eventq_cons); at != end; at = (at + 1) & (2 * index_mask + 1)) {
    std::array<std::uint64_t, 4> words{};
    for (std::size_t word = 0; word < words.size(); ++word)
      words[word] = memory_.word(ImageMemory::page_request_queue + (at & index_mask) * 32 + 8 * word).value_or(0);
    records.push_back(words);
    if (records.size() > index_mask + 1) break;
  }
  write32(offset::eventq_cons, end);
  return records;
}

}  // namespace iommusim::tests::smmu
