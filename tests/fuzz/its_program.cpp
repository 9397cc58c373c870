// SPDX-License-Identifier: Apache-2.0
#include "fuzz/its_program.h"

#include "fuzz/its_memory.h"
#include "fuzz/program_bytes.h"
#include "interrupts/gic/its.h"
#include "interrupts/gic/rules.h"
#include "oracle/gic/lookup.h"

namespace iommusim::fuzz {
namespace {

using gic::DoorbellOutcome;
using gic::DoorbellResult;

/// Level 1, device, translation, collection, configuration, pending bit; and what writing them back takes.
constexpr std::uint64_t most_reads_of_a_message = 24;

gic::ItsConfig fuzzed_its(std::uint64_t number) {
  gic::ItsConfig config;
  config.device_bits = (number & 1) != 0 ? 16 : 8;
  config.event_bits = (number & 2) != 0 ? 32 : 8;
  config.collection_bits = (number & 4) != 0 ? 16 : 3;
  config.indirect_device_table = (number & 8) != 0;
  config.physical_targets = (number & 16) != 0;
  config.stalls_on_command_errors = (number & 32) != 0;
  config.translation_entry_size = (number & 64) != 0 ? 12 : 8;
  return config;
}

/// Half of them keep configurations, for which the oracle cannot speak.
gic::RedistributorConfig fuzzed_redistributors(std::uint64_t number) {
  gic::RedistributorConfig config;
  config.processors = 2;
  config.direct_lpi = true;
  config.cached_configurations = (number & 128) != 0 ? 16 : 0;
  return config;
}

class Program {
 public:
  Program(ItsMemory& memory, const std::uint8_t* bytes, std::size_t size)
      : Program{memory, ProgramReader{bytes, size}} {}

  ItsProgramResult run();

 private:
  Program(ItsMemory& memory, ProgramReader reader)
      : memory_{memory},
        reader_{reader},
        number_{reader_.take(1)},
        redistributors_{fuzzed_redistributors(number_), memory, log_},
        its_{fuzzed_its(number_), memory, redistributors_} {}

  void step();
  void write_its();
  void write_redistributors();
  void write_word();
  void start();
  void command();
  void likely_command();
  void put(std::uint64_t word);
  void run_commands();
  void message(std::uint32_t device, std::uint32_t event);
  void request();
  void lose_page();
  void check_queue();
  void check_same(const DoorbellResult& foreseen, const DoorbellResult& result);
  void check_oracle(const oracle::gic::Answer& expected, const DoorbellResult& result);
  oracle::gic::Facts facts() const;

  ItsMemory& memory_;
  ProgramReader reader_;
  std::uint64_t number_;
  gic::DeliveryLog log_;
  gic::Redistributors redistributors_;
  gic::Its its_;
  std::uint64_t tail_ = 0;
  ItsProgramResult result_;
};

ItsProgramResult Program::run() {
  while (!reader_.at_end() && result_.finding.empty())
    step();
  for (std::uint64_t offset = 0; offset < 0x180; offset += 8) {
    its_.read_register(offset, 8);
    redistributors_.read_register(offset, 8);
  }
  return result_;
}

void Program::step() {
  switch (static_cast<ItsStep>(reader_.take(1) % static_cast<std::uint64_t>(ItsStep::count))) {
    case ItsStep::write_its: return write_its();
    case ItsStep::write_redistributors: return write_redistributors();
    case ItsStep::write_word: return write_word();
    case ItsStep::start: return start();
    case ItsStep::command: return command();
    case ItsStep::likely_command: return likely_command();
    case ItsStep::message: {
      const auto device = static_cast<std::uint32_t>(reader_.take(4));
      return message(device, static_cast<std::uint32_t>(reader_.take(4)));
    }
    case ItsStep::likely_message: {
      const auto device = static_cast<std::uint32_t>(reader_.take(1) % 8);
      return message(device, static_cast<std::uint32_t>(reader_.take(1) % 8));
    }
    case ItsStep::request: return request();
    case ItsStep::lose_page: return lose_page();
    case ItsStep::count: return;
  }
}

void Program::write_its() {
  const std::uint64_t offset = reader_.take(3);
  const unsigned width = reader_.take(1) % 2 == 0 ? 4 : 8;
  its_.write_register(offset, width, reader_.take(8));
  check_queue();
}

void Program::write_redistributors() {
  const std::uint64_t offset = reader_.take(3);
  const unsigned width = reader_.take(1) % 2 == 0 ? 4 : 8;
  redistributors_.write_register(offset, width, reader_.take(8));
}

void Program::write_word() {
  const std::uint64_t index = reader_.take(3);
  memory_.set_word(index, reader_.take(8));
}

/// Tables at 64 KiB each, as few as the sizes allow.
void Program::start() {
  const std::uint64_t flags = reader_.take(1);
  constexpr std::uint64_t valid = std::uint64_t{1} << 63;
  const std::uint64_t page = (flags & 3) << 8;
  const std::uint64_t indirect = (flags & 4) << 60;
  its_.write_register(gic::gits::ctlr, 4, 0);
  its_.write_register(gic::gits::cbaser, 8, valid | 0x3'0000 | (flags >> 3 & 3));
  its_.write_register(gic::gits::cwriter, 8, 0);
  its_.write_register(gic::gits::baser, 8, valid | indirect | 0x1'0000 | page);
  its_.write_register(gic::gits::baser + 8, 8, valid | 0x2'0000 | page);
  its_.write_register(gic::gits::ctlr, 4, 1);
  tail_ = 0;
  for (std::uint64_t processor = 0; processor < 2; ++processor) {
    const std::uint64_t frame = processor * gic::gicr::frame_size;
    redistributors_.write_register(frame + gic::gicr::propbaser, 8, 0x4'0000 | 13);
    redistributors_.write_register(frame + gic::gicr::pendbaser, 8, 0x5'0000 + processor * 0x1'0000);
    redistributors_.write_register(frame + gic::gicr::ctlr, 4, 1);
  }
}

void Program::put(std::uint64_t word) {
  memory_.set_word((0x3'0000 + tail_) / 8, word);
  tail_ += 8;
}

void Program::run_commands() {
  tail_ %= 4096;
  its_.write_register(gic::gits::cwriter, 8, tail_ | (reader_.take(1) & 1));
  check_queue();
}

void Program::command() {
  for (unsigned i = 0; i < 4; ++i)
    put(reader_.take(8));
  run_commands();
}

void Program::likely_command() {
  const std::uint64_t opcode = reader_.take(1);
  const std::uint64_t device = reader_.take(1) % 8;
  const std::uint64_t event = reader_.take(1) % 8;
  const std::uint64_t lpi = 8192 + reader_.take(2) % 8192;
  const std::uint64_t collection = reader_.take(1);
  const std::uint64_t valid = (collection & 0x80) == 0 ? std::uint64_t{1} << 63 : 0;
  const std::uint64_t frame = redistributors_.base().value() >> 16;
  const std::uint64_t target = its_.config().physical_targets ? frame + collection / 8 % 2 * 2 : collection / 8 % 2;
  const bool maps_device = opcode % 16 == 8;
  put((opcode & 0x2F) | device << 32);
  put(event | (maps_device ? 0 : lpi << 32));
  put(maps_device ? valid | (0x7'0000 + device * 0x100) : valid | target << 16 | collection % 8);
  put((target ^ 1) << 16);
  run_commands();
}

/// All is executed, or the queue stands still for a reason.
void Program::check_queue() {
  const std::uint64_t reader = its_.read_register(gic::gits::creadr, 8);
  const std::uint64_t queue = its_.read_register(gic::gits::cbaser, 8);
  const std::uint64_t writer = its_.read_register(gic::gits::cwriter, 8);
  const std::uint64_t bytes = ((queue & 0xFF) + 1) * page_4k;
  if ((reader & ~std::uint64_t{1}) >= bytes) result_.finding = "GITS_CREADR lies beyond the queue";
  const bool runs = (its_.read_register(gic::gits::ctlr, 4) & 1) != 0 && queue >> 63 != 0 && writer < bytes;
  if (runs && (reader & 1) == 0 && reader != writer) result_.finding = "GITS_CREADR does not arrive";
}

oracle::gic::Facts Program::facts() const {
  oracle::gic::Facts facts;
  facts.control = its_.read_register(gic::gits::ctlr, 4);
  facts.type = its_.read_register(gic::gits::typer, 8);
  facts.device_table = its_.read_register(gic::gits::baser, 8);
  facts.collection_table = its_.read_register(gic::gits::baser + 8, 8);
  for (std::uint64_t processor = 0; processor < 2; ++processor) {
    const std::uint64_t frame = processor * gic::gicr::frame_size;
    facts.redistributors.push_back({redistributors_.read_register(frame + gic::gicr::ctlr, 4),
                                    redistributors_.read_register(frame + gic::gicr::propbaser, 8),
                                    redistributors_.read_register(frame + gic::gicr::pendbaser, 8), processor,
                                    redistributors_.base().value() + frame});
  }
  return facts;
}

void Program::message(std::uint32_t device, std::uint32_t event) {
  const auto expected = oracle::gic::answer(
      facts(), [this](std::uint64_t address) { return memory_.byte(address); }, device, event);
  const std::uint64_t writes = memory_.writes();
  const DoorbellResult foreseen = its_.decide_event(device, event);
  if (memory_.writes() != writes) result_.finding = "decide_event() wrote to memory";
  const std::uint64_t reads = memory_.reads();
  const std::uint64_t delivered = log_.delivered();
  const DoorbellResult result = its_.write_translater(device, event);
  if (memory_.reads() - reads > most_reads_of_a_message) result_.finding = "a message without bound";
  if (log_.delivered() - delivered != (result.outcome == DoorbellOutcome::delivered ? 1 : 0))
    result_.finding = "a delivery that nobody recorded, or a record of none";
  ++result_.messages;
  result_.delivered += result.outcome == DoorbellOutcome::delivered ? 1 : 0;
  result_.pending += result.outcome == DoorbellOutcome::pending ? 1 : 0;
  check_same(foreseen, result);
  if (redistributors_.config().cached_configurations == 0) check_oracle(expected, result);
}

/// Only trying tells that the pending table cannot be written.
void Program::check_same(const DoorbellResult& foreseen, const DoorbellResult& result) {
  if (result.rule == &gic::rules::lpi_table_unreadable) return;
  const bool same = foreseen.outcome == result.outcome && foreseen.rule == result.rule &&
                    foreseen.intid == result.intid && foreseen.processor == result.processor;
  if (!same) result_.finding = "decide and deed differ";
}

void Program::check_oracle(const oracle::gic::Answer& expected, const DoorbellResult& result) {
  using oracle::gic::Fate;
  if (result.rule == &gic::rules::lpi_table_unreadable) return;
  const Fate fate = result.outcome == DoorbellOutcome::delivered ? Fate::delivered
                    : result.outcome == DoorbellOutcome::pending ? Fate::pending
                                                                 : Fate::dropped;
  if (fate != expected.fate || result.intid != expected.intid || result.processor != expected.processor)
    result_.finding = "the oracle disagrees";
}

void Program::request() {
  gic::DoorbellRequest request;
  request.access.requester = RequesterId{static_cast<std::uint16_t>(reader_.take(2))};
  const std::uint64_t offset = reader_.take(3);
  request.access.size = static_cast<std::uint32_t>(reader_.take(1) % 9);
  request.data = static_cast<std::uint32_t>(reader_.take(4));
  const std::uint64_t operation = reader_.take(1);
  request.access.operation = static_cast<Operation>(operation % 3);
  request.access.poisoned = (operation & 0x40) != 0;
  gic::Doorbell& target = (operation & 0x80) != 0 ? static_cast<gic::Doorbell&>(redistributors_) : its_;
  request.access.address = BusAddr{target.base().value() + offset % target.size()};
  const DoorbellResult foreseen = target.decide(request);
  check_same(foreseen, target.ring(request));
}

void Program::lose_page() {
  const std::uint64_t page = reader_.take(1);
  memory_.set_page(page, reader_.take(1) % 2 == 0 ? ItsMemory::Page::absent : ItsMemory::Page::read_only);
}

}  // namespace

ItsProgramResult run_its_program(const std::uint8_t* bytes, std::size_t size) {
  static ItsMemory memory;
  memory.clear();
  return Program{memory, bytes, size}.run();
}

}  // namespace iommusim::fuzz
