// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/translation_tag.h"

namespace iommusim::smmuv3 {
namespace {

using Scope = TlbInvalidation::Scope;

/// Modulo 2^56: bits above are copies of bit 55, or a tag.
bool overlaps(const TlbInvalidation& request, const TranslationTag& tag) {
  constexpr std::uint64_t significant = (std::uint64_t{1} << 56) - 1;
  const std::uint64_t from_request = (tag.address() - request.address) & significant;
  const std::uint64_t from_tag = (request.address - tag.address()) & significant;
  return from_request < request.size || from_tag < std::uint64_t{1} << tag.shift();
}

bool is_same_vmid(const TlbInvalidation& request, const TranslationTag& tag, bool counts_vmid) {
  if (!counts_vmid || tag.regime() != Regime::ns_el1) return true;
  return ((request.vmid ^ tag.vmid()) & ~unsigned{request.vmid_ignored}) == 0;
}

bool is_same_asid(const TlbInvalidation& request, const TranslationTag& tag) {
  return tag.regime() == Regime::el2 || request.asid == tag.asid();
}

/// Leaf: what only leads to the last level may stay.
bool is_at_address(const TlbInvalidation& request, const TranslationTag& tag) {
  return !(request.leaf && tag.is_table()) && overlaps(request, tag);
}

bool concerns_stage_1(const TlbInvalidation& request, const TranslationTag& tag) {
  switch (request.scope) {
    case Scope::all: return true;
    case Scope::asid: return !tag.is_global() && is_same_asid(request, tag);
    case Scope::va_asid: return (tag.is_global() || is_same_asid(request, tag)) && is_at_address(request, tag);
    case Scope::va: return is_at_address(request, tag);
    default: return false;
  }
}

}  // namespace

bool concerns(const TlbInvalidation& request, const TranslationTag& tag, bool counts_vmid) {
  if (request.scope == Scope::all_non_hypervisor) return tag.regime() == Regime::ns_el1;
  const bool of_both_stages = request.scope == Scope::vmid_both_stages || request.scope == Scope::ipa;
  if (tag.regime() != (of_both_stages ? Regime::ns_el1 : request.regime)) return false;
  if (!is_same_vmid(request, tag, counts_vmid)) return false;
  if (request.scope == Scope::vmid_both_stages) return true;
  if (request.scope == Scope::ipa) return tag.is_of_stage_2() && is_at_address(request, tag);
  return !tag.is_of_stage_2() && concerns_stage_1(request, tag);
}

}  // namespace iommusim::smmuv3
