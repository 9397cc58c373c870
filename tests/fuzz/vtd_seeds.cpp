// SPDX-License-Identifier: Apache-2.0
#include "fuzz/vtd_seeds.h"

#include "conformance/vtd_random/driven_unit.h"
#include "conformance/vtd_random/image.h"
#include "conformance/vtd_random/request.h"
#include "fuzz/program_bytes.h"
#include "fuzz/vtd_program.h"

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

/// Everything is invalidated, and a status word says that it was.
void write_queue(ProgramWriter& program, std::uint64_t status) {
  begin(program, Command::start_queue).put(ImageMemory::pages - 1, 2).put(0, 1);
  begin(program, Command::submit).put(0x11, 8).put(0, 8);
  begin(program, Command::submit).put(0x12, 8).put(0, 8);
  begin(program, Command::submit).put(0x2'0000'0025, 8).put(status, 8);
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
  program.put(number % 128, 1);
  write_image(program, image, memory);
  begin(program, Command::start).put(page_number(image.root), 2).put(image.ttm, 1);
  std::vector<oracle::vtd::Request> requests;
  for (unsigned n = 0; n < 4; ++n) {
    requests.push_back(random_request(unit.facts(), image, random).request);
    write_request(program, requests.back());
    if (n == 2) write_queue(program, ImageMemory::base + (ImageMemory::pages - 2) * page_4k);
  }
  write_mode_flip(program, image, requests);
  return program.bytes();
}

}  // namespace iommusim::fuzz
