// SPDX-License-Identifier: Apache-2.0
#include "support/smmuv3_decision_bench.h"

namespace iommusim::smmuv3::testing {

smmuv3::UnitConfig everything_cached() {
  smmuv3::UnitConfig config;
  config.minor_version = 4;
  config.stage_2 = config.hypervisor = config.ats = config.vmid_16 = config.vmid_wildcard = true;
  config.table_update = smmuv3::TableUpdate::access_flag_and_dirty;
  config.two_level_contexts = config.ats_record_errors = true;
  config.stall_model = smmuv3::StallModel::stall_and_terminate;
  config.max_stalls = 16;
  config.abort_only = false;
  config.substream_id_bits = 20;
  config.attribute_type_overrides = config.attribute_permission_overrides = true;
  config.execute_never_per_level = config.force_write_back = config.e0pd = config.enhanced_pan = true;
  config.output_address_bits = 48;
  return config;
}

smmuv3::UnitConfig everything() {
  smmuv3::UnitConfig config = everything_cached();
  config.config_cache_entries = config.micro_tlb_entries = config.tlb_entries = 0;
  config.walk_cache_entries = config.ipa_cache_entries = 0;
  return config;
}

DecisionBench::DecisionBench(const smmuv3::UnitConfig& unit_config)
    : config{unit_config},
      memory{{{ComponentId{0}, {PhysAddr{0}, PhysAddr{(std::uint64_t{1} << 52) - 1}}}}},
      bus{memory},
      caches{unit_config} {
  stream_table = new_table(0x4000);
  contexts = new_table();
  root_1 = new_table();
  root_2 = new_table();
  control.enabled = control.ats_check = control.record_bad_stream_ids = true;
  control.streams = {stream_table, 8, false, 6};
}

Ste DecisionBench::stage_1_entry() const {
  Ste entry;
  entry.set<Ste::V>(true);
  entry.set<Ste::Config>(5);
  entry.set<Ste::S1ContextPtr>(contexts.value() >> 6);
  entry.set<Ste::SHCFG>(1);
  entry.set<Ste::EATS>(1);
  entry.set<Ste::S2VMID>(7);
  return entry;
}

void DecisionBench::put_context(std::uint64_t shown_at) {
  Cd descriptor;
  descriptor.set<Cd::V>(true);
  descriptor.set<Cd::AA64>(true);
  descriptor.set<Cd::A>(true);
  descriptor.set<Cd::R>(true);
  descriptor.set<Cd::T0SZ>(16);
  descriptor.set<Cd::EPD1>(true);
  descriptor.set<Cd::IPS>(5);
  descriptor.set<Cd::ASID>(5);
  descriptor.set<Cd::TTB0>((root_1.value() + shown_at) >> 4);
  // 0: non-cacheable, 1: write-back, 2: nGnRE, 3: write-through.
  descriptor.set<Cd::MAIR>(0xBB04'FF44);
  put(contexts, descriptor);
}

void DecisionBench::add_stage_2(Ste& entry) const {
  entry.set<Ste::S2AA64>(true);
  entry.set<Ste::S2T0SZ>(16);
  entry.set<Ste::S2SL0>(2);
  entry.set<Ste::S2PS>(5);
  entry.set<Ste::S2R>(true);
  entry.set<Ste::S2TTB>(root_2.value() >> 4);
}

void DecisionBench::stage_1() {
  put(ste_at(), stage_1_entry());
  put_context(0);
  shown_at_ = 0;
}

void DecisionBench::stage_2() {
  Ste entry = stage_1_entry();
  entry.set<Ste::Config>(6);
  add_stage_2(entry);
  put(ste_at(), entry);
}

void DecisionBench::nested() {
  Ste entry = stage_1_entry();
  entry.set<Ste::Config>(7);
  entry.set<Ste::S1ContextPtr>((contexts.value() + guest) >> 6);
  add_stage_2(entry);
  put(ste_at(), entry);
  put_context(guest);
  shown_at_ = guest;
  for (std::uint64_t block = 0; block < 64; ++block)
    map_2(guest + block * page_1g, block * page_1g, 1);
}

void DecisionBench::bypass() {
  Ste entry;
  entry.set<Ste::V>(true);
  entry.set<Ste::Config>(4);
  entry.set<Ste::SHCFG>(1);
  put(ste_at(), entry);
}

PhysAddr DecisionBench::map(const smmuv3::TableGeometry& geometry, PhysAddr root, std::uint64_t input,
                            std::uint64_t leaf, unsigned level, std::uint64_t shown_at) {
  PhysAddr table = root;
  for (unsigned above = geometry.start_level; above < level; ++above) {
    const PhysAddr at = table + geometry.entry_offset(input, above);
    if ((load(at) & 1) == 0)
      store(at, (new_table(std::uint64_t{1} << static_cast<unsigned>(geometry.granule)).value() + shown_at) | 3);
    table = PhysAddr{(load(at) & 0x0000'FFFF'FFFF'F000) - shown_at};
  }
  const PhysAddr at = table + geometry.entry_offset(input, level);
  store(at, leaf | (level == smmuv3::last_level ? 3 : 1));
  return at;
}

PhysAddr DecisionBench::map_1(std::uint64_t input, std::uint64_t output, unsigned level) {
  return map({Granule::size_4k, 48, 0}, root_1, input, output | leaf_1, level, shown_at_);
}

PhysAddr DecisionBench::map_2(std::uint64_t input, std::uint64_t output, unsigned level) {
  return map({Granule::size_4k, 48, 0}, root_2, input, output | leaf_2, level);
}

PhysAddr DecisionBench::new_table(std::uint64_t bytes) {
  const PhysAddr table = (next_table_ + (bytes - 1)).aligned_down(bytes);
  next_table_ = table + bytes;
  return table;
}

std::uint64_t DecisionBench::load(PhysAddr address) const {
  std::uint64_t value = 0;
  memory.read(address, &value, sizeof value);
  return load_le<std::uint64_t>(&value);
}

void DecisionBench::store(PhysAddr address, std::uint64_t value) {
  store_le(&value, value);
  memory.write(address, &value, sizeof value);
}

iommu::TranslationResult DecisionBench::translate(const iommu::TranslationRequest& request) {
  iommu::TranslationResult result = smmuv3::decide(inputs(), request, fetches, effects);
  smmuv3::commit(caches, bus, request, fetches, effects, result);
  return result;
}

iommu::TranslationRequest read_at(std::uint64_t address) {
  iommu::TranslationRequest request;
  request.requester = DecisionBench::device;
  request.address = Iova{address};
  request.size = 4;
  return request;
}

iommu::TranslationRequest write_at(std::uint64_t address) {
  iommu::TranslationRequest request = read_at(address);
  request.operation = Operation::write;
  return request;
}

iommu::TranslationRequest atomic_at(std::uint64_t address) {
  iommu::TranslationRequest request = read_at(address);
  request.operation = Operation::atomic;
  return request;
}

iommu::TranslationRequest with_substream(iommu::TranslationRequest request, std::uint32_t substream) {
  request.pasid = Pasid{substream};
  return request;
}

iommu::TranslationRequest privileged(iommu::TranslationRequest request) {
  request.privileged = true;
  return request;
}

iommu::TranslationRequest execute(iommu::TranslationRequest request) {
  request.execute = true;
  return request;
}

iommu::TranslationRequest translation_request(std::uint64_t address, bool no_write) {
  iommu::TranslationRequest request = read_at(address);
  request.address_type = AddressType::translation_request;
  request.no_write = no_write;
  return request;
}

iommu::TranslationRequest translated_at(std::uint64_t address) {
  iommu::TranslationRequest request = read_at(address);
  request.address_type = AddressType::translated;
  return request;
}

}  // namespace iommusim::smmuv3::testing
