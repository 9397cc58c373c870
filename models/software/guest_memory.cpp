// SPDX-License-Identifier: Apache-2.0
#include "software/guest_memory.h"

#include "base/quantity.h"
#include "software/driver_error.h"

#include <string>
#include <utility>

namespace iommusim::software {

void GuestMemory::check(const Range<PhysAddr>& memory, std::uint64_t page, unsigned bits) {
  const std::string text = "guest memory from " + format_hex(memory.first.value());
  if (memory.first.offset_in(page) != 0 || memory.size() % page != 0 || memory.size() < 4 * page)
    throw DriverError(text + " is not made of four or more whole " + format_size(page) + " pages");
  if (memory.last.value() >> bits != 0)
    throw DriverError(text + " passes the " + std::to_string(bits) + " bits of the second stage");
}

Range<PhysAddr> GuestMemory::tables_in(const Range<PhysAddr>& memory) {
  const std::uint64_t pages = memory.size() / page_4k / 4;
  return {memory.last - (pages * page_4k - 1), memory.last};
}

GuestMemory::GuestMemory(CpuBus& bus, PageAllocator& host_pages, const Range<PhysAddr>& memory,
                         std::unique_ptr<const PagingFormat> second_stage)
    : memory_{memory}, table_pages_{bus, tables_in(memory)}, second_stage_{bus, host_pages, std::move(second_stage)} {
  // The guest's tables are written by its processor and read, and marked, by the unit.
  second_stage_.map({Iova{memory.first.value()}, Iova{memory.last.value()}}, memory.first, {true, true});
}

void GuestMemory::map(PagingTables& first_stage, const Range<Iova>& range, const MapRequest& request) const {
  const auto physical = Range<PhysAddr>::from_size(request.physical, request.size);
  if (!physical || !is_data(*physical))
    throw DriverError("the physical address " + format_hex(request.physical.value()) +
                      " is not memory that the guest has for its devices");
  try {
    first_stage.map(range, request.physical, request.permissions, request.memory);
  } catch (const OutOfPages& error) {
    throw DriverError(std::string{"the guest memory is too small for its first-stage tables: "} + error.what());
  }
}

bool GuestMemory::is_data(const Range<PhysAddr>& range) const {
  return memory_.contains(range) && !table_pages_.range().overlaps(range);
}

}  // namespace iommusim::software
