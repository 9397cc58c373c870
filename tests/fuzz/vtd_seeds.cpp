// SPDX-License-Identifier: Apache-2.0
#include "fuzz/vtd_seeds.h"

#include "conformance/vtd_random/driven_unit.h"
#include "conformance/vtd_random/image.h"
#include "conformance/vtd_random/request.h"
#include "fuzz/program_bytes.h"
#include "fuzz/vtd_program.h"

#include <array>
#include <initializer_list>

namespace iommusim::fuzz {
namespace {

using tests::ImageMemory;

ProgramWriter& begin(ProgramWriter& program, Command command) {
  return program.put(static_cast<std::uint64_t>(command), 1);
}

std::uint64_t page_number(std::uint64_t address) {
  return (address - ImageMemory::base) / page_4k;
}

void write_image(ProgramWriter& program, const tests::Image& image, const ImageMemory& memory) {
  for (const tests::Place& place : image.places) {
    for (unsigned word = 0; word < place.words; ++word) {
      const std::uint64_t where = place.address + 8 * word;
      const std::uint64_t value = memory.word(where).value_or(0);
      const std::uint64_t slot = (where - ImageMemory::base) / 8;
      if (value == 0) continue;
      const bool points_inside = value >= ImageMemory::base && page_number(value) < ImageMemory::pages;
      if (points_inside)
        begin(program, Command::write_entry).put(slot, 3).put(page_number(value), 2).put(value & 0xFFF, 2);
      else
        begin(program, Command::write_word).put(slot, 3).put(value, 8);
    }
  }
}

void write_request(ProgramWriter& program, const oracle::vtd::Request& request) {
  std::uint64_t flags = request.operation == Operation::write ? 1 : request.operation == Operation::atomic ? 2 : 0;
  flags |= static_cast<std::uint64_t>(request.address_type) << RequestFlag::type_shift;
  if (request.pasid) flags |= RequestFlag::pasid;
  if (request.privileged) flags |= RequestFlag::privileged;
  if (request.execute) flags |= RequestFlag::execute;
  if (request.no_write) flags |= RequestFlag::no_write;
  begin(program, Command::request).put(request.source, 2).put(flags, 1).put(request.address, 8);
  if (request.pasid) program.put(*request.pasid, 3);
}

using Words = std::initializer_list<std::uint64_t>;

void submit(ProgramWriter& program, bool wide, Words words) {
  begin(program, wide ? Command::submit_wide : Command::submit);
  for (const std::uint64_t word : words)
    program.put(word, 8);
  if (wide) program.put(0, 8).put(0, 8);
}

/// Every kind of invalidation, a page group response, and a status word that says that they are done.
void write_queue(ProgramWriter& program, const tests::Image& image, const oracle::vtd::Request& request,
                 const oracle::vtd::Facts& facts) {
  const bool wide = facts.scalable_mode() && image.ttm == 1;
  constexpr std::uint64_t queue = ImageMemory::pages - 2, status = ImageMemory::pages - 3;
  begin(program, Command::start_queue).put(queue, 2).put(wide ? 0x80 : 0, 1);
  const std::uint64_t source = request.source;
  const std::uint64_t pasid = request.pasid.value_or(0);
  const std::uint64_t page = request.address & ~(page_4k - 1);
  if (image.ttm == 0) submit(program, wide, {0x11, 0});
  submit(program, wide, {0x12, 0});
  submit(program, wide, {0x1'0032, page | 1});
  if (facts.interrupt_remapping()) submit(program, wide, {0x04, 0});
  if (facts.device_tlb()) submit(program, wide, {0x03 | source << 32, page});
  if (wide) {
    submit(program, wide, {0x37, 0});
    submit(program, wide, {0x1'0036 | pasid << 32, page | 1});
    if (facts.device_tlb()) submit(program, wide, {0x08 | source << 16 | pasid << 32, page});
    if (facts.page_requests()) submit(program, wide, {0x19 | source << 16 | pasid << 32, 5U << 3});
  }
  begin(program, Command::complete_invalidations).put(source, 2).put(3, 4);
  const std::array<std::uint64_t, 2> wait{0x2'0000'0025, ImageMemory::base + status * page_4k};
  submit(program, wide, {wait[0], wait[1]});
  if (!facts.device_tlb()) return;
  submit(program, wide, {0x03 | source << 32, page});
  submit(program, wide, {wait[0], wait[1]});
  begin(program, Command::time_out_invalidations);
  begin(program, Command::clear_status);
}

void write_interrupts(ProgramWriter& program, const tests::Image& image) {
  const tests::InterruptTable& table = *image.interrupts;
  const std::uint64_t mode = (table.irta & 0xF) | (table.irta >> 11 & 1) << 6 | (table.compatibility_format ? 0x80 : 0);
  begin(program, Command::start_interrupts).put(page_number(table.irta), 2).put(mode, 1);
  for (const std::uint64_t index : table.indices)
    for (const tests::Space& space : image.spaces)
      begin(program, Command::interrupt)
          .put(space.source, 2)
          .put((index & 0x7FFF) << 5 | 0x10 | index >> 15 << 2, 3)
          .put(index, 4);
}

void write_page_requests(ProgramWriter& program, const tests::Image& image) {
  // PQA and PQH.
  constexpr std::uint64_t queue_registers[][2] = {{0xD0, ImageMemory::page_request_queue}, {0xC0, 0}};
  for (const auto& [offset, value] : queue_registers)
    begin(program, Command::write_register).put(offset, 2).put(1, 1).put(value, 8);
  for (const tests::Space& space : image.spaces) {
    const std::uint64_t flags = PageRequestFlag::last | PageRequestFlag::read | (space.pasid ? 1U : 0U);
    const std::uint64_t address = space.mapped.empty() ? 0 : space.mapped.front();
    begin(program, Command::request_page).put(space.source, 2).put(flags, 1).put(address, 8);
    program.put(space.pasid.value_or(0), 3).put(7, 2);
  }
}

/// The same requesters in the other table mode, and back: what they left in the caches must not lead astray.
void write_mode_flip(ProgramWriter& program, const tests::Image& image,
                     const std::vector<oracle::vtd::Request>& requests) {
  for (const unsigned ttm : {image.ttm ^ 1U, image.ttm + 0U}) {
    begin(program, Command::flip_mode).put(page_number(image.root), 2).put(ttm, 1);
    for (oracle::vtd::Request request : requests) {
      write_request(program, request);
      request.pasid.reset();
      request.privileged = request.execute = false;
      request.address &= 0xFFC;
      write_request(program, request);
    }
  }
}

}  // namespace

std::vector<std::uint8_t> vtd_seed(std::uint64_t number) {
  ImageMemory memory;
  tests::Random random{number};
  tests::DrivenUnit unit{tests::random_unit(number % 64), memory};
  const tests::Image image = tests::ImageMaker{unit.facts(), memory, random}.make();
  ProgramWriter program;
  program.put(number % 256, 1);
  write_image(program, image, memory);
  begin(program, Command::start).put(page_number(image.root), 2).put(image.ttm, 1);
  std::vector<oracle::vtd::Request> requests;
  while (requests.size() < 4) {
    const tests::ChosenRequest chosen = random_request(unit.facts(), image, random);
    if (chosen.interrupt || chosen.request.page_request) continue;
    requests.push_back(chosen.request);
    write_request(program, requests.back());
  }
  if (image.interrupts) write_interrupts(program, image);
  if (unit.facts().page_requests()) write_page_requests(program, image);
  write_queue(program, image, requests.front(), unit.facts());
  write_mode_flip(program, image, requests);
  return program.bytes();
}

}  // namespace iommusim::fuzz
