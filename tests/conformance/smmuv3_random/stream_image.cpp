// SPDX-License-Identifier: Apache-2.0
// Stream table entries (SMMUv3 architecture, 5.2).
#include "conformance/smmuv3_random/image.h"

#include <algorithm>

namespace iommusim::tests::smmu {

unsigned ImageMaker::choose_config() {
  if (random_.percent(3)) return static_cast<unsigned>(random_.below(4));
  if (random_.percent(6)) return 4;
  std::vector<unsigned> choices{4};
  if (facts_.stage_1()) choices = {5, 5};
  if (facts_.stage_2()) choices.push_back(6);
  if (facts_.stage_1() && facts_.stage_2()) choices.insert(choices.end(), {7, 7, 7});
  return random_.pick(choices);
}

/// What every STE may have: fields that are ignored, hints, overrides.
void ImageMaker::fill_common(Structure& ste) {
  if (random_.percent(40)) ste.words[1] = random_.word() & 0xFFF0'003F'000F'10FC;
  if (random_.percent(30)) set(ste, 113, 112, random_.below(4));
  if (random_.percent(25)) set(ste, 115, 114, random_.below(4));
  set(ste, 109, 108, random_.below(4));
}

void ImageMaker::fill_ats(Structure& ste, unsigned config) {
  if (random_.percent(20)) return;
  std::vector<std::uint64_t> modes{0, 3};
  if (!ste.flag(185) || config < 6) modes = {0, 1, 1, 1, 3};
  if (config == 7 && !ste.flag(185) && !facts_.no_split_stage_ats()) modes.insert(modes.end(), {2, 2, 2});
  set(ste, 93, 92, random_.pick(modes));
}

/// IPS or S2PS: what the unit has, less, or more, which acts as what it has.
std::uint64_t ImageMaker::size_encoding() {
  return random_.percent(50) ? oracle::bits(facts_.idr5, 2, 0) : random_.below(8);
}

void ImageMaker::make_stream(std::uint32_t stream) {
  const auto where = stream_entry_address(stream);
  if (!where) return;
  Structure ste;
  Space space;
  space.stream = stream;
  space.config = choose_config();
  fill_common(ste);
  set(ste, 0, 0, 1);
  set(ste, 3, 1, space.config);
  if (space.config <= 4 && random_.percent(50))
    for (std::uint64_t& word : ste.words)
      word |= random_.word() & ~std::uint64_t{0xF};
  Tables second;
  const bool stage_2 = space.config == 6 || space.config == 7;
  if (stage_2) fill_stage_2(ste, second);
  if (space.config > 4) {
    set(ste, 143, 128, random_.below(facts_.vmid_16() ? 0x10000 : 0x100));
    fill_ats(ste, space.config);
  }
  if (space.config == 6) map_randomly(second, space);
  if (space.config == 5 && facts_.hypervisor() && random_.percent(40)) set(ste, 95, 94, 2);
  if (space.config == 5 || space.config == 7)
    make_contexts(ste, space, stage_2 ? &second : nullptr);
  else
    image_.spaces.push_back(space);
  put(Part::stream_entry, *where, ste);
}

void ImageMaker::fill_stage_2(Structure& ste, Tables& tables) {
  tables.stage_2 = true;
  const std::uint64_t ps = size_encoding();
  tables.output_bits = facts_.effective_size(ps);
  set(ste, 178, 176, ps);
  const std::uint64_t stall_model = facts_.stall_model();
  set(ste, 185, 185, stall_model == 2 || (stall_model == 0 && random_.percent(30)) ? 1 : 0);
  set(ste, 186, 186, random_.percent(60) ? 1 : 0);
  set(ste, 181, 181, random_.percent(20) ? 1 : 0);
  set(ste, 182, 182, random_.percent(20) ? 1 : 0);
  set(ste, 173, 168, random_.below(64));
  set(ste, 179, 179, 1);
  if (facts_.updates_access_flag() && random_.percent(60)) set(ste, 184, 184, 1);
  if (facts_.updates_dirty_state() && random_.percent(60)) set(ste, 183, 183, 1);
  tables.hardware_updates = ste.flag(184);
  if (facts_.force_write_back() && random_.percent(40)) set(ste, 89, 89, 1);
  if (!new_tables(tables)) set(ste, 0, 0, 0);
  const unsigned tg = tables.granule == 12 ? 0 : tables.granule == 16 ? 1 : 2;
  set(ste, 175, 174, tg);
  set(ste, 165, 160, 64 - tables.input_bits);
  const unsigned level = tables.start_level;
  set(ste, 167, 166, tables.granule == 12 ? (level == 3 ? 3 : 2 - level) : 3 - level);
  ste.words[3] |= tables.base;
  const std::uint64_t room = std::uint64_t{1} << std::min(tables.input_bits, 32U);
  const std::uint64_t size = ImageMemory::pages * page_4k;
  tables.guest_base =
      random_.percent(40) && room > ImageMemory::base ? ImageMemory::base : random_.below(room) & ~(size - 1);
  if (random_.percent(50)) map_all_memory(tables);
}

}  // namespace iommusim::tests::smmu
