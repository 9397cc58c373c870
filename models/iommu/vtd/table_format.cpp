// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/table_format.h"

#include "base/address.h"
#include "iommu/vtd/pasid_entry.h"
#include "iommu/vtd/scalable_context_entry.h"

namespace iommusim::vtd {
namespace {

/// Address bits between a 4 KiB page and a page of `level`.
constexpr std::uint64_t below_page(unsigned level) {
  return (page_size(level) - 1) & ~(page_4k - 1);
}

/// The mask of a field of 512 bits, in its word, unless the unit has the feature.
template <class F>
void reserve_unless(bool has_feature, std::array<std::uint64_t, 8>& reserved) {
  if (!has_feature) reserved[F::word] |= F::mask;
}

/// Fields of features that the unit lacks are reserved (9.6), and so are pointer bits that no address has, whether PGTT
/// makes the pointer matter or not. NXE is legal always. AW would be reserved without SSTS, but Linux sets it.
std::array<std::uint64_t, 8> reserved_in_pasid_entry(const UnitConfig& config, std::uint64_t host_bits,
                                                     std::uint64_t reserved_domain_bits) {
  using Entry = PasidTableEntry;
  std::array<std::uint64_t, 8> reserved{};
  reserved[0] = Field<11, 10>::mask | (Entry::SSPTPTR::mask & ~host_bits);
  reserved[1] = Field<86, 80>::mask | (Entry::DID::mask & reserved_domain_bits);
  reserved[2] = Field<139, 136>::mask | (Entry::FSPTPTR::mask & ~host_bits);
  std::fill(reserved.begin() + 3, reserved.end(), ~std::uint64_t{0});
  reserve_unless<Entry::SSPTPTR>(config.second_stage, reserved);
  reserve_unless<Entry::SSADE>(config.second_stage_access_dirty, reserved);
  reserve_unless<Entry::SSEE>(config.execute_requests, reserved);
  reserve_unless<Entry::ERE>(config.execute_requests, reserved);
  reserve_unless<Entry::SRE>(config.supervisor_requests, reserved);
  reserve_unless<Entry::FSPTPTR>(config.first_stage, reserved);
  reserve_unless<Entry::FSPM>(config.first_stage, reserved);
  reserve_unless<Entry::WPE>(config.first_stage, reserved);
  reserve_unless<Entry::EAFE>(config.extended_accessed, reserved);
  reserve_unless<Entry::PWSNP>(config.snooped_walks, reserved);
  reserve_unless<Entry::PGSNP>(config.snoop_control, reserved);
  // Memory types: ECAP.MTS is 0.
  reserve_unless<Entry::CD>(false, reserved);
  reserve_unless<Entry::EMTE>(false, reserved);
  reserve_unless<Entry::EMT>(false, reserved);
  reserve_unless<Entry::PWT>(false, reserved);
  reserve_unless<Entry::PCD>(false, reserved);
  reserve_unless<Entry::PAT>(false, reserved);
  return reserved;
}

std::array<std::uint64_t, 4> reserved_in_context(const UnitConfig& config, std::uint64_t host_bits) {
  using Entry = ScalableContextEntry;
  std::array<std::uint64_t, 4> reserved{};
  reserved[0] = Field<8, 5>::mask | (Entry::PASIDDIRPTR::mask & ~host_bits);
  reserved[1] = Field<127, 85>::mask;
  reserved[2] = reserved[3] = ~std::uint64_t{0};
  if (!config.page_requests) reserved[0] |= Entry::PRE::mask;
  if (!config.device_tlb) reserved[0] |= Entry::DTE::mask;
  if (config.pasid_bits == 0) reserved[0] |= Entry::PASIDE::mask;
  if (!config.rid_pasid) reserved[1] |= Entry::RID_PASID::mask;
  if (!config.rid_priv) reserved[1] |= Entry::RID_PRIV::mask;
  return reserved;
}

}  // namespace

TableFormat::TableFormat(const UnitConfig& config)
    : host_bits_{(std::uint64_t{1} << config.host_address_width) - 1},
      reserved_domain_bits_{~((std::uint64_t{1} << config.domain_id_bits) - 1)},
      guest_address_width_{config.guest_address_width},
      leaf_levels_{1u << 1 | (config.pages_2m ? 1u << 2 : 0) | (config.pages_1g ? 1u << 3 : 0)},
      first_stage_leaf_levels_{1u << 1 | 1u << 2 | (config.first_stage_1g ? 1u << 3 : 0)},
      pass_through_{config.pass_through},
      device_tlb_{config.device_tlb},
      no_write_{config.no_write_flag},
      abort_dma_{config.abort_dma_mode},
      zero_length_read_{config.zero_length_read},
      caching_mode_{config.caching_mode} {
  for (const unsigned levels : config.table_levels) {
    levels_ |= 1u << levels;
    deepest_ = std::max(deepest_, levels);
  }
  set_second_stage(config);
  set_first_stage();
  set_scalable_mode(config);
}

/// TM is reserved without ECAP.DT, and above the leaves always (revision 2.x and its implementations; later
/// revisions ignore it).
void TableFormat::set_second_stage(const UnitConfig& config) {
  const std::uint64_t everywhere = SecondStageEntry::ADDR::mask & ~host_bits_;
  const std::uint64_t transient = SecondStageEntry::TM::mask;
  const std::uint64_t snoop = config.snoop_control ? 0 : SecondStageEntry::SNP::mask;
  for (unsigned level = 1; level <= max_table_levels; ++level) {
    reserved_in_leaf_[level] = everywhere | snoop | (device_tlb_ ? 0 : transient) | below_page(level);
    reserved_in_table_[level] = everywhere | transient | SecondStageEntry::SNP::mask | SecondStageEntry::PS::mask;
  }
}

/// XD is reserved without NXE, which the PASID-table entry says.
void TableFormat::set_first_stage() {
  const std::uint64_t everywhere = FirstStageEntry::ADDR::mask & ~host_bits_;
  for (unsigned level = 1; level <= max_table_levels; ++level) {
    const std::uint64_t pat = level > 1 ? FirstStageEntry::LargePAT::mask : 0;
    first_stage_reserved_in_leaf_[level] = everywhere | (below_page(level) & ~pat);
    first_stage_reserved_in_table_[level] = everywhere | (level > 1 ? FirstStageEntry::PS::mask : 0);
  }
}

void TableFormat::set_scalable_mode(const UnitConfig& config) {
  scalable_.is_supported = config.scalable_mode;
  scalable_.first_stage = config.first_stage;
  scalable_.second_stage = config.second_stage;
  scalable_.nested = config.nested;
  scalable_.first_stage_5_levels = config.first_stage_5_levels;
  scalable_.pasid_limit = config.pasid_bits == 0 ? 0 : 1U << config.pasid_bits;
  scalable_.reserved_in_context = reserved_in_context(config, host_bits_);
  scalable_.reserved_in_pasid_entry = reserved_in_pasid_entry(config, host_bits_, reserved_domain_bits_);
}

}  // namespace iommusim::vtd
