// SPDX-License-Identifier: Apache-2.0
#include "conformance/vtd_random/driven_unit.h"

#include "support/random.h"

namespace iommusim::tests {
namespace {

iommu::TranslationRequest to_unit(const oracle::vtd::Request& request) {
  iommu::TranslationRequest result;
  result.requester = RequesterId{request.source};
  if (request.pasid) result.pasid = Pasid{*request.pasid};
  result.address_type = request.address_type;
  result.operation = request.operation;
  result.privileged = request.privileged;
  result.execute = request.execute;
  result.no_write = request.no_write;
  result.address = Iova{request.address};
  result.size = request.size;
  result.message_data = request.message_data;
  return result;
}

void without_caches(vtd::UnitConfig& config) {
  config.context_cache_entries = 0;
  config.iotlb_entries = 0;
  config.pasid_cache_entries = 0;
  config.interrupt_cache_entries = 0;
}

/// Small enough that entries are replaced.
void with_small_caches(vtd::UnitConfig& config, Random& random) {
  config.context_cache_entries = 16;
  config.iotlb_entries = 64;
  config.pasid_cache_entries = 16;
  config.interrupt_cache_entries = 8;
  if (random.percent(50)) return;
  config.first_stage_cache_entries = 32;
  config.second_stage_cache_entries = 32;
}

void add_scalable_mode(vtd::UnitConfig& config, Random& random) {
  config.scalable_mode = true;
  config.enhanced_set_root = true;
  config.first_stage = random.percent(90);
  config.second_stage = !config.first_stage || random.percent(90);
  config.nested = config.first_stage && config.second_stage && random.percent(90);
  config.pasid_bits = random.percent(85) ? static_cast<unsigned>(random.between(13, 20)) : 0;
  config.rid_pasid = random.percent(70);
  config.rid_priv = random.percent(50);
  config.first_stage_1g = config.first_stage && random.percent(70);
  config.first_stage_5_levels = config.first_stage && random.percent(50);
  config.second_stage_access_dirty = config.second_stage && random.percent(70);
  config.execute_requests = random.percent(70);
  config.supervisor_requests = random.percent(70);
  config.snooped_walks = random.percent(90);
  config.extended_accessed = config.first_stage && random.percent(50);
}

/// What needs the invalidation queue to be of use.
void add_interrupts(vtd::UnitConfig& config, Random& random) {
  config.interrupt_remapping = random.percent(70);
  if (!config.interrupt_remapping) return;
  config.enhanced_set_interrupt_table = true;
  config.extended_interrupt_mode = random.percent(50);
  config.posted_interrupts = random.percent(60);
  config.max_handle_mask = random.pick({0U, 4U, 15U});
}

void add_page_requests(vtd::UnitConfig& config, Random& random) {
  config.device_tlb_throttling = config.device_tlb && random.percent(50);
  config.page_requests = config.device_tlb && config.scalable_mode && config.pasid_bits != 0 && random.percent(80);
  config.page_request_drain = config.page_requests && random.percent(50);
}

}  // namespace

vtd::UnitConfig random_unit(std::uint64_t index) {
  Random random{index};
  vtd::UnitConfig config;
  config.table_levels = random.pick<std::vector<unsigned>>({{3}, {4}, {3, 4}, {4, 5}, {3, 4, 5}});
  const unsigned most = config.table_levels.back();
  config.guest_address_width = most == 3 ? 39 : most == 4 ? random.pick({39U, 48U}) : random.pick({48U, 57U});
  config.host_address_width = random.pick({36U, 39U, 46U, 48U, 52U});
  config.pages_2m = random.percent(75);
  config.pages_1g = random.percent(60);
  config.domain_id_bits = random.pick({8U, 12U, 16U});
  config.fault_records = random.pick({1U, 2U, 8U});
  config.zero_length_read = random.percent(50);
  config.pass_through = random.percent(80);
  config.protected_low_memory = random.percent(30);
  config.protected_high_memory = random.percent(30);
  config.snoop_control = random.percent(50);
  config.device_tlb = random.percent(60);
  config.no_write_flag = config.device_tlb && random.percent(50);
  config.abort_dma_mode = random.percent(50);
  if (random.percent(75)) add_scalable_mode(config, random);
  if (random.percent(50))
    without_caches(config);
  else
    with_small_caches(config, random);
  add_interrupts(config, random);
  add_page_requests(config, random);
  return config;
}

DrivenUnit::DrivenUnit(const vtd::UnitConfig& config, ImageMemory& memory)
    : memory_{memory}, unit_{config, memory}, registers_{unit_}, has_caches_{config.iotlb_entries != 0} {
  unit_.on_message([this](const interrupts::MsiMessage& message) { messages_.push_back(message); });
  unit_.on_page_response([this](const iommu::PageGroupResponse& response) { responses_.push_back(response); });
  registers_.write64(offset::pqa, ImageMemory::page_request_queue);
  facts_.cap = registers_.read64(offset::cap);
  facts_.ecap = registers_.read64(offset::ecap);
  facts_.host_address_width = config.host_address_width;
}

void DrivenUnit::start(std::uint64_t root, unsigned ttm, bool translation_enabled) {
  registers_.withdraw(global::te);
  registers_.set_root(PhysAddr{root}, ttm);
  if (translation_enabled) registers_.command(global::te);
  facts_.rtaddr = registers_.read64(offset::rtaddr);
  facts_.gsts = registers_.read32(offset::gsts);
  invalidate_everything();
}

void DrivenUnit::set_root(std::uint64_t root, unsigned ttm) {
  registers_.set_root(PhysAddr{root}, ttm);
  facts_.rtaddr = registers_.read64(offset::rtaddr);
}

/// 11.4.8: the low bits that a register does not keep are 0 in BASE and 1 in LIMIT.
void DrivenUnit::protect(std::uint64_t base_register, std::uint64_t limit_register, unsigned width,
                         const oracle::vtd::Region& region) {
  unit_.write_register(base_register, width, ~std::uint64_t{0});
  const std::uint64_t kept = unit_.read_register(base_register, width);
  const std::uint64_t dropped = (kept & (~kept + 1)) - 1;
  unit_.write_register(base_register, width, region.base);
  unit_.write_register(limit_register, width, region.limit);
  facts_.protected_regions.push_back({region.base & ~dropped, region.limit | dropped});
}

void DrivenUnit::protect(const oracle::vtd::Region& low, const oracle::vtd::Region& high) {
  unprotect();
  const bool has_low = oracle::vtd::bit(facts_.cap, 5);
  const bool has_high = oracle::vtd::bit(facts_.cap, 6);
  if (has_low) protect(offset::plmbase, offset::plmlimit, 4, low);
  if (has_high) protect(offset::phmbase, offset::phmlimit, 8, high);
  registers_.write32(offset::pmen, 1U << 31);
}

void DrivenUnit::unprotect() {
  registers_.write32(offset::pmen, 0);
  facts_.protected_regions.clear();
}

void DrivenUnit::set_interrupts(const std::optional<InterruptSetup>& setup) {
  registers_.withdraw(global::ire);
  registers_.withdraw(global::cfi);
  if (setup) {
    registers_.write64(offset::irta, setup->irta);
    registers_.command(global::sirtp);
    if (setup->compatibility_format) registers_.command(global::cfi);
    registers_.command(global::ire);
  }
  facts_.irta = registers_.read64(offset::irta);
  facts_.gsts = registers_.read32(offset::gsts);
}

/// 11.4.4.1: with ESRTPS, SRTP does it; 6.5.1: in legacy mode registers do.
void DrivenUnit::invalidate_everything() {
  if (!has_caches_) return;
  if (facts_.interrupt_remapping_enabled()) registers_.command(global::sirtp);
  if (unit_.config().enhanced_set_root)
    registers_.command(global::srtp);
  else
    registers_.invalidate_everything();
}

UnitAnswer DrivenUnit::ask(const oracle::vtd::Request& request) {
  messages_.clear();
  UnitAnswer answer;
  answer.result = unit_.translate(to_unit(request), fetches_);
  answer.record = take_record();
  answer.messages = messages_;
  return answer;
}

PageAnswer DrivenUnit::ask(const iommu::PageRequest& request) {
  responses_.clear();
  const std::uint64_t tail = registers_.read64(offset::pqt);
  unit_.request_page(request);
  PageAnswer answer;
  const std::uint64_t next = registers_.read64(offset::pqt);
  if (next != tail) {
    answer.entry.emplace();
    for (std::size_t word = 0; word < answer.entry->size(); ++word)
      (*answer.entry)[word] = memory_.word(ImageMemory::page_request_queue + tail + 8 * word).value_or(0);
  }
  registers_.write64(offset::pqh, next);
  registers_.write32(offset::prs, page_request_status::ppr | page_request_status::pro);
  answer.record = take_record();
  answer.responses = responses_;
  return answer;
}

iommu::TranslationResult DrivenUnit::foresee(const oracle::vtd::Request& request) const {
  return unit_.decide(to_unit(request), fetches_);
}

void DrivenUnit::write_register(std::uint64_t offset, unsigned width, std::uint64_t value) {
  const std::uint64_t where = offset % unit_.register_block_size() / width * width;
  unit_.write_register(where, width, value);
  if (where != offset::gcmd) return;
  if ((value & global::srtp) != 0) facts_.rtaddr = registers_.read64(offset::rtaddr);
  if ((value & global::sirtp) != 0) facts_.irta = registers_.read64(offset::irta);
}

void DrivenUnit::start_queue(std::uint64_t iqa) {
  registers_.withdraw(global::qie);
  registers_.write64(offset::iqt, 0);
  registers_.write64(offset::iqa, iqa);
  registers_.command(global::qie);
}

void DrivenUnit::clear_status() {
  for (unsigned index = 0; index < unit_.config().fault_records; ++index)
    registers_.clear_fault_record(index);
  registers_.write32(offset::fsts, ~std::uint32_t{0});
  registers_.write32(offset::ics, ~std::uint32_t{0});
  registers_.write32(offset::prs, ~std::uint32_t{0});
}

void DrivenUnit::read_every_register() const {
  for (std::uint64_t at = 0; at < unit_.register_block_size(); at += 4)
    registers_.read32(at);
}

void DrivenUnit::read_facts() {
  facts_.gsts = registers_.read32(offset::gsts);
}

bool DrivenUnit::comparable() const {
  return !has_caches_ && registers_.read32(offset::pmen) == 0;
}

std::optional<FaultRecord> DrivenUnit::take_record() {
  const std::uint32_t status = registers_.fault_status();
  if ((status & fault_status::ppf) == 0) return std::nullopt;
  const unsigned index = fault_status::fri(status);
  const FaultRecord record = registers_.fault_record(index);
  registers_.clear_fault_record(index);
  return record;
}

}  // namespace iommusim::tests
