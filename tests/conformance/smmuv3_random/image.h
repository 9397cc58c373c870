// SPDX-License-Identifier: Apache-2.0
// Random tables of an SMMUv3. What a unit can do, images use; nothing in them is ILLEGAL until corrupt() makes it so.
#pragma once

#include "conformance/vtd_random/image_memory.h"
#include "oracle/smmuv3/facts.h"
#include "oracle/smmuv3/structure.h"
#include "support/random.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace iommusim::tests::smmu {

using oracle::smmuv3::Facts;
using oracle::smmuv3::Structure;

enum class Part : std::uint8_t { level_1_stream, stream_entry, level_1_context, context, stage_1, stage_2, count };

/// Where an entry stands in memory.
struct Place {
  Part part = Part::stream_entry;
  std::uint64_t address = 0;
  unsigned words = 1;
};

/// What a stream, with or without SubstreamID, can be used for.
struct Space {
  std::uint32_t stream = 0;
  std::optional<std::uint32_t> substream;
  /// STE.Config.
  unsigned config = 4;
  bool stage_1_skipped = false;
  /// Addresses that tables were made for.
  std::vector<std::uint64_t> mapped;
};

struct Image {
  std::uint64_t strtab_base = 0;
  std::uint32_t strtab_base_cfg = 0;
  std::vector<Space> spaces;
  std::vector<Place> places;
  bool corrupted = false;
};

/// Makes images in one memory. `facts` tells what the unit can do, and CR2.E2H; it must outlive the maker.
class ImageMaker {
 public:
  /// StreamIDs are from `first_stream` to `first_stream` + 0xFFFF.
  ImageMaker(const Facts& facts, std::uint32_t first_stream, ImageMemory& memory, Random& random)
      : facts_{facts}, first_stream_{first_stream}, memory_{memory}, random_{random} {}

  /// Forgets the image before.
  Image make();
  /// One or two bits of one structure change, or a page vanishes or refuses writes.
  void corrupt(Image& image);

 private:
  /// The tables of one stage.
  struct Tables {
    bool stage_2 = false;
    unsigned granule = 12;
    unsigned input_bits = 48;
    unsigned start_level = 0;
    unsigned output_bits = 48;
    bool hardware_updates = false;
    /// TTB1: addresses have ones above.
    bool upper = false;
    bool ignores_top_byte = false;
    std::uint64_t base = 0;
    /// Stage 2 below a stage 1; nullptr: none.
    Tables* second = nullptr;
    /// Stage 2: the IPA of ImageMemory::base.
    std::uint64_t guest_base = 0;
    /// Stage 2: all memory of the image is mapped by one block.
    bool memory_mapped = false;
  };

  /// image.cpp
  std::optional<std::uint64_t> take(std::uint64_t bytes, std::uint64_t alignment);
  void put_word(Part part, std::uint64_t address, std::uint64_t word);
  void put(Part part, std::uint64_t address, const Structure& structure);
  void set(Structure& structure, unsigned hi, unsigned lo, std::uint64_t value);
  void make_stream_table();
  std::optional<std::uint64_t> stream_entry_address(std::uint32_t stream);
  std::uint32_t new_stream(unsigned bits);

  /// stream_image.cpp
  void make_stream(std::uint32_t stream);
  unsigned choose_config();
  void fill_common(Structure& ste);
  void fill_stage_2(Structure& ste, Tables& tables);
  void fill_ats(Structure& ste, unsigned config);
  std::uint64_t size_encoding();

  /// context_image.cpp
  void make_contexts(Structure& ste, Space space, Tables* second);
  std::optional<std::uint64_t> context_address(std::uint64_t table, unsigned format, std::uint32_t substream,
                                               Tables* second);
  void make_context(std::uint64_t where, const Structure& ste, Space space, Tables* second);
  bool fill_half(Structure& cd, Space& space, Tables& tables);

  /// table_image.cpp
  unsigned random_granule();
  bool new_tables(Tables& tables);
  std::uint64_t random_address(const Tables& tables);
  void map_randomly(Tables& tables, Space& space);
  void map(Tables& tables, std::uint64_t address, std::optional<std::uint64_t> to);
  /// By which the stage names memory; stage 2 is made to map it.
  std::uint64_t named(Tables& tables, std::uint64_t address, std::uint64_t bytes);
  std::uint64_t leaf_attributes(const Tables& tables, bool strict);
  std::uint64_t table_attributes(const Tables& tables);
  std::uint64_t output_for(Tables& tables, unsigned shift);
  void map_all_memory(Tables& tables);

  const Facts& facts_;
  std::uint32_t first_stream_;
  ImageMemory& memory_;
  Random& random_;
  Image image_;
  std::uint64_t next_ = 0;
  unsigned stream_bits_ = 0;
  unsigned split_ = 0;
  bool two_level_ = false;
};

}  // namespace iommusim::tests::smmu
