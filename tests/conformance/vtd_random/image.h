// SPDX-License-Identifier: Apache-2.0
// Random tables of a VT-d unit. What a unit's capabilities allow, images use; nothing in them is wrong until
// corrupt() makes it so.
#pragma once

#include "conformance/vtd_random/image_memory.h"
#include "oracle/vtd/facts.h"
#include "support/random.h"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace iommusim::tests {

enum class Structure : std::uint8_t {
  root,
  context,
  directory,
  pasid_entry,
  first_stage,
  second_stage,
  interrupt_entry,
  posted_descriptor,
  count,
};

/// Where an entry stands in memory.
struct Place {
  Structure structure = Structure::root;
  std::uint64_t address = 0;
  unsigned words = 1;
};

enum class Paging : std::uint8_t { second_stage, pass_through, first_stage, nested };

/// What a device's address, with or without PASID, can be used for.
struct Space {
  std::uint16_t source = 0;
  std::optional<std::uint32_t> pasid;
  Paging paging = Paging::second_stage;
  /// Addresses that tables were made for.
  std::vector<std::uint64_t> mapped;
};

/// An interrupt remapping table.
struct InterruptTable {
  std::uint64_t irta = 0;
  bool compatibility_format = false;
  /// Of the entries that are present.
  std::vector<std::uint64_t> indices;
};

struct Image {
  std::uint64_t root = 0;
  unsigned ttm = 0;
  /// Where the unit remaps interrupts.
  std::optional<InterruptTable> interrupts;
  std::vector<Space> spaces;
  std::vector<Place> places;
  bool corrupted = false;
};

/// Makes images in one memory. `facts` tells what the unit can do; it must outlive the maker.
class ImageMaker {
 public:
  ImageMaker(const oracle::vtd::Facts& facts, ImageMemory& memory, Random& random)
      : facts_{facts}, memory_{memory}, random_{random} {}

  /// Forgets the image before.
  Image make();
  /// One or two bits of one structure change, or a page vanishes or refuses writes.
  void corrupt(Image& image);

 private:
  /// image.cpp: what both modes share.
  std::uint64_t new_page();
  void put(Structure structure, std::uint64_t address, const std::vector<std::uint64_t>& words);
  std::uint64_t new_domain_id();
  std::uint64_t table_width();
  bool fault_processing_disabled() { return random_.percent(15); }
  void make_device(std::uint16_t source);
  std::uint64_t context_table(std::uint16_t source);

  /// image.cpp
  void legacy_context(std::uint64_t where, std::uint16_t source);
  /// scalable_image.cpp
  void scalable_context(std::uint64_t where, std::uint16_t source);
  void pasid(std::uint64_t directory, const Space& space);
  std::array<std::uint64_t, 8> pasid_entry(Space& space);
  Paging paging();

  /// image_tables.cpp: second stage; addresses below the width that `aw` and MGAW give.
  struct SecondTables {
    std::uint64_t top = 0;
    unsigned aw = 0;
    bool snooped = true;
    bool execute_enable = false;
  };
  SecondTables new_second_tables();
  std::uint64_t second_address(const SecondTables& tables);
  void map_second(const SecondTables& tables, std::uint64_t address, std::uint64_t to, bool strict = false);
  std::uint64_t second_entry(bool leaf, bool strict);
  std::vector<std::uint64_t> map_randomly(const SecondTables& tables);

  /// image_tables.cpp: first stage; `guest` gives the address by which the stage names a page of the image.
  struct FirstTables {
    std::uint64_t top = 0;
    unsigned levels = 4;
    bool no_execute = false;
    const SecondTables* second = nullptr;
    std::uint64_t guest_base = 0;
  };
  std::uint64_t to_guest(const FirstTables& tables, std::uint64_t page);
  std::uint64_t first_address(const FirstTables& tables);
  std::vector<std::uint64_t> map_randomly(const FirstTables& tables);
  void map_first(const FirstTables& tables, std::uint64_t address);
  std::uint64_t first_entry(const FirstTables& tables, bool leaf);

  std::uint64_t output_page(std::uint64_t bytes);

  /// interrupt_image.cpp
  void make_interrupt_table();
  std::array<std::uint64_t, 2> interrupt_entry(bool extended);
  std::uint64_t source_validation();
  std::uint64_t posted_descriptor(bool extended);

  const oracle::vtd::Facts& facts_;
  ImageMemory& memory_;
  Random& random_;
  Image image_;
  std::uint64_t next_page_ = 0;
  std::uint64_t next_domain_ = 0;
};

}  // namespace iommusim::tests
