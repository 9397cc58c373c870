// SPDX-License-Identifier: Apache-2.0
#include "fuzz/vtd_program.h"

#include "conformance/vtd_random/comparison.h"
#include "conformance/vtd_random/driven_unit.h"
#include "fuzz/program_bytes.h"
#include "oracle/vtd/walker.h"

#include <array>

namespace iommusim::fuzz {
namespace {

using oracle::vtd::Request;
using tests::DrivenUnit;
using tests::ImageMemory;

/// Root to leaf in both stages, each first-stage entry read and then marked accessed, with room.
constexpr std::uint64_t most_reads_of_a_walk = 128;

/// Of a number below 256. Bit 6: stale entries are kept when software sets a table. Bit 7: faults may be cached.
vtd::UnitConfig fuzzed_unit(std::uint64_t number) {
  vtd::UnitConfig config = tests::random_unit(number % 64);
  if ((number & 64) != 0) config.enhanced_set_root = config.enhanced_set_interrupt_table = false;
  config.caching_mode = (number & 128) != 0;
  return config;
}

class Program {
 public:
  Program(ImageMemory& memory, const std::uint8_t* bytes, std::size_t size)
      : memory_{memory}, reader_{bytes, size}, unit_{fuzzed_unit(reader_.take(1)), memory} {}

  std::string run();

 private:
  void step();
  void write_register();
  void write_word();
  void write_entry();
  void start();
  void flip_mode();
  void start_queue();
  void start_interrupts();
  void submit(unsigned words);
  void lose_page();
  void request();
  void interrupt();
  void request_page();
  void complete_invalidations();
  Request take_request();
  void check(const Request& request);
  std::uint64_t take_word_address();
  std::uint64_t take_page();

  ImageMemory& memory_;
  ProgramReader reader_;
  DrivenUnit unit_;
  std::uint64_t tail_ = 0;
  std::uint64_t queue_ = ImageMemory::base;
  std::string finding_;
};

std::string Program::run() {
  while (!reader_.at_end() && finding_.empty())
    step();
  unit_.read_every_register();
  return finding_;
}

void Program::step() {
  switch (static_cast<Command>(reader_.take(1) % static_cast<std::uint64_t>(Command::count))) {
    case Command::write_register: return write_register();
    case Command::write_word: return write_word();
    case Command::write_entry: return write_entry();
    case Command::request: return request();
    case Command::start: return start();
    case Command::start_queue: return start_queue();
    case Command::submit: return submit(2);
    case Command::submit_wide: return submit(4);
    case Command::lose_page: return lose_page();
    case Command::clear_status: return unit_.clear_status();
    case Command::flip_mode: return flip_mode();
    case Command::start_interrupts: return start_interrupts();
    case Command::interrupt: return interrupt();
    case Command::request_page: return request_page();
    case Command::complete_invalidations: return complete_invalidations();
    case Command::time_out_invalidations: return unit_.time_out_invalidations();
    case Command::count: return;
  }
}

void Program::write_register() {
  const std::uint64_t offset = reader_.take(2);
  const unsigned width = reader_.take(1) % 2 == 0 ? 4 : 8;
  unit_.write_register(offset, width, reader_.take(8));
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
  memory_.set_word(where, page | reader_.take(2));
}

void Program::start() {
  const std::uint64_t root = take_page();
  const std::uint64_t mode = reader_.take(1);
  unit_.start(root, mode % 4, (mode & 0x80) == 0);
}

void Program::flip_mode() {
  const std::uint64_t root = take_page();
  unit_.set_root(root, reader_.take(1) % 4);
}

void Program::start_interrupts() {
  const std::uint64_t table = take_page();
  const std::uint64_t mode = reader_.take(1);
  const std::uint64_t extended = mode >> 6 & 1;
  unit_.set_interrupts(tests::InterruptSetup{table | extended << 11 | (mode & 0xF), (mode & 0x80) != 0});
}

void Program::start_queue() {
  queue_ = take_page();
  tail_ = 0;
  const std::uint64_t size = reader_.take(1);
  unit_.start_queue(queue_ | (size & 7) | (size >> 7) << 11);
}

void Program::submit(unsigned words) {
  for (unsigned word = 0; word < words; ++word, tail_ += 8) {
    const std::uint64_t where = queue_ + tail_ % page_4k;
    memory_.set_word(where, reader_.take(8));
  }
  tail_ %= page_4k;
  unit_.move_tail(tail_);
}

void Program::lose_page() {
  const std::uint64_t page = take_page();
  if (reader_.take(1) % 2 == 0)
    memory_.take_away(page);
  else
    memory_.make_read_only(page);
}

Request Program::take_request() {
  Request request;
  request.source = static_cast<std::uint16_t>(reader_.take(2));
  const std::uint64_t flags = reader_.take(1);
  request.address = reader_.take(8);
  constexpr std::array<Operation, 4> operations{Operation::read, Operation::write, Operation::atomic, Operation::read};
  request.operation = operations[flags & RequestFlag::operation];
  const std::uint64_t type = (flags >> RequestFlag::type_shift) & 3;
  request.size = (flags & RequestFlag::operation) == 3 ? 0 : 4;
  request.address &= ~std::uint64_t{3};
  if (type != 3) request.address_type = static_cast<AddressType>(type);
  if (request.wants_translation()) request.operation = Operation::read;
  request.no_write = request.wants_translation() && (flags & RequestFlag::no_write) != 0;
  if ((flags & RequestFlag::pasid) == 0) return request;
  request.pasid = static_cast<std::uint32_t>(reader_.take(3) & 0xF'FFFF);
  request.privileged = (flags & RequestFlag::privileged) != 0;
  request.execute = (flags & RequestFlag::execute) != 0 && request.operation == Operation::read;
  return request;
}

void Program::request() {
  check(take_request());
}

void Program::interrupt() {
  Request request;
  request.source = static_cast<std::uint16_t>(reader_.take(2));
  request.address = 0xFEE0'0000 | (reader_.take(3) & 0xF'FFFC);
  request.message_data = static_cast<std::uint32_t>(reader_.take(4));
  request.operation = Operation::write;
  request.size = 4;
  check(request);
}

void Program::request_page() {
  iommu::PageRequest request;
  request.requester = RequesterId{static_cast<std::uint16_t>(reader_.take(2))};
  const std::uint64_t flags = reader_.take(1);
  request.address = Iova{reader_.take(8) & ~(page_4k - 1)};
  const Pasid pasid{static_cast<std::uint32_t>(reader_.take(3) & 0xF'FFFF)};
  if ((flags & PageRequestFlag::pasid) != 0) request.pasid = pasid;
  request.group = static_cast<std::uint16_t>(reader_.take(2) & 0x1FF);
  request.last = (flags & PageRequestFlag::last) != 0;
  request.read = (flags & PageRequestFlag::read) != 0;
  request.write = (flags & PageRequestFlag::write) != 0;
  request.execute = (flags & PageRequestFlag::execute) != 0;
  request.privileged = (flags & PageRequestFlag::privileged) != 0;
  unit_.request_page(request);
}

void Program::complete_invalidations() {
  const RequesterId device{static_cast<std::uint16_t>(reader_.take(2))};
  unit_.complete_invalidations(device, static_cast<std::uint32_t>(reader_.take(4)));
}

void Program::check(const Request& request) {
  unit_.clear_status();
  unit_.read_facts();
  memory_.forget_writes();
  const oracle::vtd::Memory words{[this](std::uint64_t address) { return memory_.word(address); },
                                  [this](std::uint64_t address) { return memory_.writable(address); }};
  const auto expected = oracle::vtd::answer(unit_.facts(), words, request);
  const auto foreseen = unit_.foresee(request);
  if (!memory_.written().empty()) finding_ = "decide() wrote to memory";
  const std::uint64_t reads = memory_.reads();
  const auto found = unit_.ask(request);
  if (memory_.reads() - reads > most_reads_of_a_walk) finding_ = "a walk without bound";
  // Only trying tells that a table or a descriptor cannot be written.
  const std::uint16_t reason = found.result.fault_reason;
  const bool update_failed = reason == 0x91 || reason == 0x7D || reason == 0x27;
  if (!update_failed && (foreseen.outcome != found.result.outcome || foreseen.fault_reason != reason ||
                         foreseen.address != found.result.address))
    finding_ = "decide() and translate() differ";
  if (!finding_.empty() || !unit_.comparable() || expected.dispute != oracle::vtd::Dispute::none) return;
  finding_ = tests::difference(request, expected, found, memory_);
  if (!finding_.empty()) finding_ += "\n  " + tests::describe(request) + "\n  expected: " + tests::describe(expected);
}

}  // namespace

std::string run_vtd_program(const std::uint8_t* bytes, std::size_t size) {
  static ImageMemory memory;
  memory.clear();
  return Program{memory, bytes, size}.run();
}

}  // namespace iommusim::fuzz
