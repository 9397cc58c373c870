// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/table_format.h"

#include "base/address.h"

namespace iommusim::vtd {

TableFormat::TableFormat(const UnitConfig& config)
    : host_bits_{(std::uint64_t{1} << config.host_address_width) - 1},
      reserved_domain_bits_{~((std::uint64_t{1} << config.domain_id_bits) - 1)},
      guest_address_width_{config.guest_address_width},
      leaf_levels_{1u << 1 | (config.pages_2m ? 1u << 2 : 0) | (config.pages_1g ? 1u << 3 : 0)},
      pass_through_{config.pass_through},
      zero_length_read_{config.zero_length_read},
      caching_mode_{config.caching_mode} {
  for (const unsigned levels : config.table_levels) {
    levels_ |= 1u << levels;
    deepest_ = std::max(deepest_, levels);
  }

  // TM is reserved in every entry without ECAP.DT (revision 2.x and its implementations; later revisions
  // ignore it).
  const std::uint64_t everywhere = (SecondStageEntry::ADDR::mask & ~host_bits_) | SecondStageEntry::TM::mask;
  const std::uint64_t snoop = config.snoop_control ? 0 : SecondStageEntry::SNP::mask;
  for (unsigned level = 1; level <= max_table_levels; ++level) {
    const std::uint64_t below_page = (page_size(level) - 1) & ~(page_4k - 1);
    reserved_in_leaf_[level] = everywhere | snoop | below_page;
    reserved_in_table_[level] = everywhere | SecondStageEntry::SNP::mask | SecondStageEntry::PS::mask;
  }
}

}  // namespace iommusim::vtd
