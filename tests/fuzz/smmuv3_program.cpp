// SPDX-License-Identifier: Apache-2.0
#include "fuzz/smmuv3_program.h"

#include "conformance/vtd_random/image_memory.h"
#include "fuzz/program_bytes.h"
#include "iommu/smmuv3/unit.h"
#include "support/smmuv3_registers.h"

#include <array>

namespace iommusim::fuzz {
namespace {

using tests::ImageMemory;
namespace offset = tests::smmu::offset;
namespace cr0 = tests::smmu::cr0;

/// Both stages' tables for each table of the other, each flag set by one more read, with room.
constexpr std::uint64_t most_reads_of_a_walk = 160;
/// Two registers in one write, each of which may let the queue of 2^7 commands run for two rounds.
constexpr unsigned queue_bits = 7;
constexpr std::uint64_t most_reads_of_a_write = std::uint64_t{4} << queue_bits;

smmuv3::UnitConfig fuzzed_unit(std::uint64_t number) {
  const auto bit = [number](unsigned n) { return (number >> n & 1) != 0; };
  smmuv3::UnitConfig config;
  config.minor_version = 3;
  config.stage_2 = !bit(0);
  config.hypervisor = bit(1);
  config.ats = config.pri = config.ats_record_errors = bit(2);
  config.vmid_16 = config.vmid_wildcard = config.execute_never_per_level = config.stage_2;
  config.msi = bit(3);
  config.substream_id_bits = bit(4) ? 20 : 0;
  config.two_level_contexts = bit(4);
  if (bit(5)) {
    config.stall_model = smmuv3::StallModel::stall_and_terminate;
    config.max_stalls = 3;
    config.abort_only = false;
  }
  if (bit(6)) {
    config.table_update = smmuv3::TableUpdate::access_flag_and_dirty;
    config.output_address_bits = 52;
    config.input_address_52 = config.force_write_back = config.small_tables = true;
  }
  if (bit(7)) {
    config.config_cache_entries = config.tlb_entries = config.micro_tlb_entries = config.walk_cache_entries = 0;
  } else {
    config.ipa_cache_entries = 16;
  }
  config.command_queue_bits = config.event_queue_bits = queue_bits;
  config.page_request_queue_bits = config.pri ? queue_bits : 0;
  return config;
}

class Program {
 public:
  Program(ImageMemory& memory, const std::uint8_t* bytes, std::size_t size)
      : memory_{memory}, reader_{bytes, size}, unit_{fuzzed_unit(reader_.take(1)), memory} {}

  std::string run();

 private:
  void step();
  void write_any_register();
  void write_word();
  void write_entry();
  void request();
  void start();
  void start_queues();
  void submit();
  void lose_page();
  void acknowledge();
  void request_page();
  void complete();
  iommu::TranslationRequest take_request();
  void check(const iommu::TranslationRequest& request);
  void write(std::uint64_t at, unsigned width, std::uint64_t value);
  std::uint32_t read(std::uint64_t at) const { return static_cast<std::uint32_t>(unit_.read_register(at, 4)); }
  std::uint64_t take_word_address();
  std::uint64_t take_page();

  ImageMemory& memory_;
  ProgramReader reader_;
  smmuv3::Unit unit_;
  std::uint64_t queues_ = ImageMemory::base;
  unsigned size_ = 0;
  std::uint32_t tail_ = 0;
  std::string finding_;
};

std::string Program::run() {
  unit_.on_device_invalidation([](const iommu::DeviceTlbInvalidation&, unsigned) {});
  while (!reader_.at_end() && finding_.empty())
    step();
  for (const std::uint64_t page : {0x0, 0x1'0000})
    for (std::uint64_t at = 0; at < 0x200; at += 4)
      read(page + at);
  return finding_;
}

void Program::step() {
  switch (static_cast<SmmuCommand>(reader_.take(1) % static_cast<std::uint64_t>(SmmuCommand::count))) {
    case SmmuCommand::write_register: return write_any_register();
    case SmmuCommand::write_word: return write_word();
    case SmmuCommand::write_entry: return write_entry();
    case SmmuCommand::request: return request();
    case SmmuCommand::start: return start();
    case SmmuCommand::start_queues: return start_queues();
    case SmmuCommand::submit: return submit();
    case SmmuCommand::lose_page: return lose_page();
    case SmmuCommand::acknowledge: return acknowledge();
    case SmmuCommand::request_page: return request_page();
    case SmmuCommand::complete: return complete();
    case SmmuCommand::take_verdict: unit_.take_verdict(static_cast<std::uint32_t>(reader_.take(1))); return;
    case SmmuCommand::count: return;
  }
}

void Program::write(std::uint64_t at, unsigned width, std::uint64_t value) {
  const std::uint64_t before = memory_.reads();
  unit_.write_register(at, width, value);
  if (memory_.reads() - before > most_reads_of_a_write) finding_ = "a register write without bound";
}

void Program::write_any_register() {
  const std::uint64_t at = reader_.take(2);
  const std::uint64_t kind = reader_.take(1);
  write(at + ((kind & 2) != 0 ? 0x1'0000 : 0), (kind & 1) != 0 ? 8 : 4, reader_.take(8));
}

std::uint64_t Program::take_word_address() {
  return ImageMemory::base + reader_.take(3) % (ImageMemory::pages * page_4k / 8) * 8;
}

std::uint64_t Program::take_page() {
  return ImageMemory::base + reader_.take(2) % ImageMemory::pages * page_4k;
}

void Program::write_word() {
  const std::uint64_t where = take_word_address();
  memory_.set_word(where, reader_.take(8));
}

void Program::write_entry() {
  const std::uint64_t where = take_word_address();
  const std::uint64_t page = take_page();
  memory_.set_word(where, page | reader_.take(8));
}

void Program::start() {
  const std::uint64_t table = take_page();
  const std::uint64_t config = reader_.take(4);
  const std::uint32_t enabled = read(offset::cr0);
  write(offset::cr0, 4, enabled & ~cr0::smmuen);
  write(offset::cr2, 4, config >> 28);
  write(offset::strtab_base, 8, table);
  write(offset::strtab_base_cfg, 4, config);
  write(offset::cr0, 4, enabled | cr0::smmuen | cr0::atschk);
}

void Program::start_queues() {
  queues_ = take_page();
  size_ = static_cast<unsigned>(reader_.take(1) % (queue_bits + 1));
  tail_ = 0;
  const std::uint32_t others = read(offset::cr0) & ~(cr0::cmdqen | cr0::eventqen | cr0::priqen);
  write(offset::cr0, 4, others);
  write(offset::cmdq_base, 8, queues_ | size_);
  write(offset::eventq_base, 8, (queues_ + page_4k) | size_);
  write(offset::priq_base, 8, (queues_ + 2 * page_4k) | size_);
  for (const std::uint64_t index : {offset::cmdq_prod, offset::cmdq_cons, offset::eventq_prod, offset::eventq_cons,
                                    offset::priq_prod, offset::priq_cons})
    write(index, 4, 0);
  write(offset::irq_ctrl, 4, 7);
  write(offset::cr0, 4, others | cr0::cmdqen | cr0::eventqen | cr0::priqen);
}

void Program::submit() {
  const std::uint64_t slot = queues_ + 16 * (tail_ & ((1U << size_) - 1));
  for (const std::uint64_t word : {std::uint64_t{0}, std::uint64_t{8}}) {
    const std::uint64_t value = reader_.take(8);
    if (memory_.writable(slot + word)) memory_.set_word(slot + word, value);
  }
  tail_ = (tail_ + 1) & ((2U << size_) - 1);
  write(offset::cmdq_prod, 4, tail_);
}

void Program::lose_page() {
  const std::uint64_t page = take_page();
  if (reader_.take(1) % 2 == 0)
    memory_.take_away(page);
  else
    memory_.make_read_only(page);
}

void Program::acknowledge() {
  write(offset::eventq_cons, 4, read(offset::eventq_prod));
  write(offset::priq_cons, 4, read(offset::priq_prod));
  write(offset::gerrorn, 4, read(offset::gerror));
}

void Program::request_page() {
  iommu::PageRequest request;
  request.requester = RequesterId{static_cast<std::uint16_t>(reader_.take(2))};
  const std::uint64_t flags = reader_.take(1);
  request.last = (flags & 1) != 0;
  request.read = (flags & 2) != 0;
  request.write = (flags & 4) != 0;
  if ((flags & 8) != 0) request.pasid = Pasid{1};
  request.address = Iova{reader_.take(8)};
  unit_.request_page(request);
}

void Program::complete() {
  const auto tags = static_cast<std::uint32_t>(reader_.take(4));
  const auto device = static_cast<std::uint16_t>(reader_.take(2));
  if (device == 0xFFFF)
    unit_.time_out_invalidations();
  else
    unit_.complete_invalidation(RequesterId{device}, tags);
}

iommu::TranslationRequest Program::take_request() {
  iommu::TranslationRequest request;
  request.requester = RequesterId{static_cast<std::uint16_t>(reader_.take(2))};
  const std::uint64_t flags = reader_.take(1);
  constexpr std::array<Operation, 4> operations{Operation::read, Operation::write, Operation::atomic, Operation::read};
  request.operation = operations[flags & SmmuRequestFlag::operation];
  request.size = (flags & SmmuRequestFlag::operation) == 3 ? 0 : 4;
  request.address = Iova{reader_.take(8) & ~std::uint64_t{3}};
  const std::uint64_t type = (flags >> SmmuRequestFlag::type_shift) & 3;
  if (type != 3) request.address_type = static_cast<AddressType>(type);
  const bool asks = request.address_type == AddressType::translation_request;
  if (asks) request.operation = Operation::read;
  request.no_write = asks && (flags & SmmuRequestFlag::no_write) != 0;
  if ((flags & SmmuRequestFlag::pasid) == 0) return request;
  request.pasid = Pasid{static_cast<std::uint32_t>(reader_.take(3))};
  request.privileged = (flags & SmmuRequestFlag::privileged) != 0;
  request.execute = (flags & SmmuRequestFlag::execute) != 0 && request.operation == Operation::read;
  return request;
}

void Program::request() {
  check(take_request());
}

void Program::check(const iommu::TranslationRequest& request) {
  memory_.forget_writes();
  iommu::FetchLog fetches;
  const auto foreseen = unit_.decide(request, fetches);
  if (!memory_.written().empty()) finding_ = "decide() wrote to memory";
  const std::uint64_t reads = memory_.reads();
  const auto found = unit_.translate(request, fetches);
  if (memory_.reads() - reads > most_reads_of_a_walk) finding_ = "a walk without bound";
  // F_WALK_EABT: only trying tells that a table cannot be written.
  const bool update_failed = found.fault_reason == 0x0B;
  if (!update_failed &&
      (foreseen.outcome != found.outcome || foreseen.fault_reason != found.fault_reason ||
       foreseen.address != found.address || foreseen.readable != found.readable || foreseen.writable != found.writable))
    finding_ = "decide() and translate() differ";
  if (found.outcome == iommu::Outcome::stalled && found.message_data != smmuv3::Stalls::no_tag &&
      found.message_data >= unit_.config().max_stalls)
    finding_ = "more stalls than STALL_MAX";
  // What hit once, hits again with the same answer.
  const auto hits = unit_.last_hits();
  if (!hits || !unit_.repeat(*hits)) return;
  const auto again = unit_.decide(request, fetches);
  if (again.address != found.address || again.outcome != found.outcome) finding_ = "repeat() promised too much";
}

}  // namespace

std::string run_smmuv3_program(const std::uint8_t* bytes, std::size_t size) {
  static ImageMemory memory;
  memory.clear();
  return Program{memory, bytes, size}.run();
}

}  // namespace iommusim::fuzz
