// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/stage_1_permissions.h"

namespace iommusim::smmuv3 {
namespace {

using Leaf = Stage1Descriptor;

constexpr std::uint8_t bits(bool read, bool write, bool execute) {
  return static_cast<std::uint8_t>((read ? Permissions::read : 0) | (write ? Permissions::write : 0) |
                                   (execute ? Permissions::execute : 0));
}

/// DBM makes read-only mean clean, unless a table above is read-only (3.13.3).
bool is_clean(const Stage1& stage, Leaf leaf, TableRestrictions restrictions) {
  return stage.updates_dirty && leaf.get<Leaf::DBM>() && leaf.get<Leaf::AP2>() && !restrictions.no_write();
}

/// EL2 without E2H: AP[1] counts as 1, and bit 54 is XN.
Stage1Permissions without_privilege(const Stage1& stage, Leaf leaf, TableRestrictions restrictions) {
  const bool clean = is_clean(stage, leaf, restrictions);
  const bool writable = !leaf.get<Leaf::AP2>() && !restrictions.no_write();
  const bool never_executes = leaf.get<Leaf::UXN>() || restrictions.no_unprivileged_execute();
  const bool executable = !never_executes && !(stage.wxn && (writable || clean));
  const std::uint8_t now = bits(true, writable, executable);
  const std::uint8_t later = bits(true, writable || clean, executable);
  return {{now, now}, {later, later}};
}

}  // namespace

/// For execution a clean page counts as writable (3.13.8).
Stage1Permissions stage_1_permissions(const Stage1& stage, Regime regime, Leaf leaf, TableRestrictions restrictions) {
  if (!has_two_halves(regime)) return without_privilege(stage, leaf, restrictions);
  const bool clean = is_clean(stage, leaf, restrictions);
  const bool writable = !leaf.get<Leaf::AP2>() && !restrictions.no_write();
  const bool unprivileged = leaf.get<Leaf::AP1>() && !restrictions.no_unprivileged();
  const bool can_be_written = writable || clean;

  const bool user_never = leaf.get<Leaf::UXN>() || restrictions.no_unprivileged_execute();
  const bool user_executes = !user_never && !(stage.wxn && unprivileged && can_be_written);
  const bool never = leaf.get<Leaf::PXN>() || restrictions.no_privileged_execute();
  const bool executes = !never && !(unprivileged && can_be_written) && !(stage.wxn && can_be_written);

  // Privileged accesses to what others may use (PAN; with EPAN also to what others may execute).
  const bool is_kept_out = stage.pan && (unprivileged || (stage.epan && !user_never));
  const auto all = [&](bool writes) {
    return Permissions{bits(!is_kept_out, writes && !is_kept_out, executes),
                       bits(unprivileged, writes && unprivileged, user_executes)};
  };
  const Permissions now = all(writable);
  return {now, clean ? all(true) : now};
}

}  // namespace iommusim::smmuv3
