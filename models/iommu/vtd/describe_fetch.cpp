// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/describe_fetch.h"

#include "base/quantity.h"
#include "base/requester_id.h"
#include "iommu/vtd/context_entry.h"
#include "iommu/vtd/first_stage_entry.h"
#include "iommu/vtd/interrupt_remapping_entry.h"
#include "iommu/vtd/pasid_entry.h"
#include "iommu/vtd/posted_interrupt_descriptor.h"
#include "iommu/vtd/root_entry.h"
#include "iommu/vtd/scalable_context_entry.h"
#include "iommu/vtd/second_stage_entry.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace iommusim::vtd {
namespace {

std::string describe_root(const iommu::Fetch& fetch) {
  const RootEntry entry{{fetch.value[0], fetch.value[1]}};
  if (!entry.get<RootEntry::P>()) return "not present";
  return fmt::format("present, context table at {:#x}", entry.get<RootEntry::CTP>() << 12);
}

std::string describe_half(std::string_view name, ScalableRootHalf half) {
  if (!half.get<ScalableRootHalf::P>()) return fmt::format("{} half not present", name);
  return fmt::format("{} half present, context table at {:#x}", name, half.get<ScalableRootHalf::CTP>() << 12);
}

std::string describe_scalable_root(const iommu::Fetch& fetch) {
  return describe_half("lower", ScalableRootHalf{fetch.value[0]}) + "; " +
         describe_half("upper", ScalableRootHalf{fetch.value[1]});
}

std::string_view translation_type(TranslationType type) {
  switch (static_cast<unsigned>(type)) {
    case 0: return "translate untranslated requests";
    case 1: return "translate, ATS allowed";
    case 2: return "pass through";
    default: return "reserved translation type";
  }
}

std::string_view quiet(bool fpd) {
  return fpd ? ", faults not recorded" : "";
}

std::string describe_context(const iommu::Fetch& fetch) {
  const ContextEntry entry{{fetch.value[0], fetch.value[1]}};
  if (!entry.get<ContextEntry::P>()) return fmt::format("not present{}", quiet(entry.get<ContextEntry::FPD>()));
  return fmt::format("present, domain {}, {}, {} levels, second-stage tables at {:#x}{}",
                     entry.get<ContextEntry::DID>(), translation_type(entry.get<ContextEntry::TT>()),
                     levels_of(entry.get<ContextEntry::AW>()), entry.get<ContextEntry::SSPTPTR>() << 12,
                     quiet(entry.get<ContextEntry::FPD>()));
}

std::string describe_scalable_context(const iommu::Fetch& fetch) {
  using Entry = ScalableContextEntry;
  const Entry entry{{fetch.value[0], fetch.value[1], fetch.value[2], fetch.value[3]}};
  const std::string_view no_records = quiet(entry.get<Entry::FPD>());
  if (!entry.get<Entry::P>()) return fmt::format("not present{}", no_records);
  return fmt::format("present, PASID directory at {:#x} for {} PASIDs, {:#x} for requests without PASID{}{}{}{}{}",
                     entry.get<Entry::PASIDDIRPTR>() << 12, 1U << (entry.get<Entry::PDTS>() + 13U),
                     entry.get<Entry::RID_PASID>(), entry.get<Entry::RID_PRIV>() ? ", which are privileged" : "",
                     entry.get<Entry::PASIDE>() ? ", requests with PASID allowed" : "",
                     entry.get<Entry::DTE>() ? ", ATS allowed" : "",
                     entry.get<Entry::PRE>() ? ", page requests allowed" : "", no_records);
}

std::string describe_pasid_directory(const iommu::Fetch& fetch) {
  const PasidDirectoryEntry entry{fetch.value[0]};
  const std::string_view no_records = quiet(entry.get<PasidDirectoryEntry::FPD>());
  if (!entry.get<PasidDirectoryEntry::P>()) return fmt::format("not present{}", no_records);
  return fmt::format("present, PASID table at {:#x}{}", entry.get<PasidDirectoryEntry::SMPTBLPTR>() << 12, no_records);
}

std::string first_stage_text(const PasidTableEntry& entry) {
  return fmt::format("first-stage tables of {} levels at {:#x}", entry.get<PasidTableEntry::FSPM>() + 4U,
                     entry.get<PasidTableEntry::FSPTPTR>() << 12);
}

std::string second_stage_text(const PasidTableEntry& entry) {
  return fmt::format("second-stage tables of {} levels at {:#x}", levels_of(entry.get<PasidTableEntry::AW>()),
                     entry.get<PasidTableEntry::SSPTPTR>() << 12);
}

std::string translation_text(const PasidTableEntry& entry) {
  switch (static_cast<unsigned>(entry.get<PasidTableEntry::PGTT>())) {
    case 1: return first_stage_text(entry);
    case 2: return second_stage_text(entry);
    case 3: return first_stage_text(entry) + " nested in " + second_stage_text(entry);
    case 4: return "pass through";
    default: return "reserved translation type";
  }
}

/// The names of the fields that are set.
std::string flags_text(const PasidTableEntry& entry) {
  using Entry = PasidTableEntry;
  const std::array<std::pair<std::string_view, bool>, 10> flags{{{"SSADE", entry.get<Entry::SSADE>()},
                                                                 {"SSEE", entry.get<Entry::SSEE>()},
                                                                 {"PWSNP", entry.get<Entry::PWSNP>()},
                                                                 {"PGSNP", entry.get<Entry::PGSNP>()},
                                                                 {"SRE", entry.get<Entry::SRE>()},
                                                                 {"ERE", entry.get<Entry::ERE>()},
                                                                 {"WPE", entry.get<Entry::WPE>()},
                                                                 {"NXE", entry.get<Entry::NXE>()},
                                                                 {"SMEP", entry.get<Entry::SMEP>()},
                                                                 {"EAFE", entry.get<Entry::EAFE>()}}};
  std::string text;
  for (const auto& [name, set] : flags)
    if (set) text += fmt::format("{}{}", text.empty() ? ", with " : " ", name);
  return text;
}

std::string describe_pasid_entry(const iommu::Fetch& fetch) {
  const PasidTableEntry entry{fetch.value};
  const std::string_view no_records = quiet(entry.get<PasidTableEntry::FPD>());
  if (!entry.get<PasidTableEntry::P>()) return fmt::format("not present{}", no_records);
  return fmt::format("present, domain {}, {}{}{}", entry.get<PasidTableEntry::DID>(), translation_text(entry),
                     flags_text(entry), no_records);
}

unsigned level_of(std::string_view name, const EntryNames& names) {
  for (unsigned level = 1; level <= max_table_levels; ++level)
    if (name == names[level]) return level;
  return 0;
}

std::string describe_second_stage(const iommu::Fetch& fetch, unsigned level) {
  const SecondStageEntry entry{fetch.value[0]};
  const bool read = entry.get<SecondStageEntry::R>();
  const bool write = entry.get<SecondStageEntry::W>();
  if (!read && !write) return "not present";
  const std::string_view rights = read && write ? "read and write" : read ? "read only" : "write only";
  const std::uint64_t target = entry.get<SecondStageEntry::ADDR>() << 12;
  const bool leaf = level == 1 || entry.get<SecondStageEntry::PS>();
  std::string text = leaf ? fmt::format("{} page at {:#x}, {}", format_size(page_size(level)), target, rights)
                          : fmt::format("next table at {:#x}, {}", target, rights);
  if ((fetch.sets & SecondStageEntry::A::mask) != 0) text += ", sets A";
  if ((fetch.sets & SecondStageEntry::D::mask) != 0) text += ", sets D";
  return text;
}

std::string describe_first_stage(const iommu::Fetch& fetch, unsigned level) {
  const FirstStageEntry entry{fetch.value[0]};
  if (!entry.get<FirstStageEntry::P>()) return "not present";
  const bool leaf = level == 1 || entry.get<FirstStageEntry::PS>();
  const std::uint64_t target = (entry.get<FirstStageEntry::ADDR>() << 12) & ~(leaf ? page_size(level) - 1 : 0);
  std::string text = leaf ? fmt::format("{} page at {:#x}", format_size(page_size(level)), target)
                          : fmt::format("next table at {:#x}", target);
  text += fmt::format(", {}, {}", entry.get<FirstStageEntry::RW>() ? "read and write" : "read only",
                      entry.get<FirstStageEntry::US>() ? "user" : "supervisor");
  if (entry.get<FirstStageEntry::XD>()) text += ", not executable";
  if ((fetch.sets & FirstStageEntry::A::mask) != 0) text += ", sets A";
  if ((fetch.sets & FirstStageEntry::EA::mask) != 0) text += ", sets EA";
  if ((fetch.sets & FirstStageEntry::D::mask) != 0) text += ", sets D";
  return text;
}

std::string describe_interrupt_entry(const iommu::Fetch& fetch) {
  using Entry = InterruptRemappingEntry;
  const Entry entry{{fetch.value[0], fetch.value[1]}};
  const std::string_view quiet = entry.get<Entry::FPD>() ? ", faults not recorded" : "";
  if (!entry.get<Entry::P>()) return fmt::format("not present{}", quiet);
  const auto sid = entry.get<Entry::SID>();
  std::string source = "any source";
  if (entry.get<Entry::SVT>() == SourceValidation::source_id) source = "source " + to_string(RequesterId{sid});
  if (entry.get<Entry::SVT>() == SourceValidation::bus_range)
    source = fmt::format("sources on buses {:02x} to {:02x}", sid >> 8, sid & 0xFF);
  if (entry.get<Entry::IM>())
    return fmt::format("present, for {}, virtual vector {:#x} posted to {:#x}{}", source, entry.get<Entry::V>(),
                       entry.posted_descriptor().value(), quiet);
  return fmt::format("present, for {}, vector {:#x}, destination {:#x}{}", source, entry.get<Entry::V>(),
                     entry.get<Entry::DST>(), quiet);
}

std::string describe_posted_descriptor(const iommu::Fetch& fetch) {
  using Descriptor = PostedInterruptDescriptor;
  const Descriptor descriptor{fetch.value};
  return fmt::format("notification vector {:#x}, {}, {}", descriptor.get<Descriptor::NV>(),
                     descriptor.get<Descriptor::ON>() ? "notified already" : "not notified yet",
                     descriptor.get<Descriptor::SN>() ? "notifications suppressed" : "notifications wanted");
}

struct Describer {
  std::string_view name;
  std::string (*describe)(const iommu::Fetch& fetch);
};

constexpr std::array<Describer, 8> describers{{{"root entry", describe_root},
                                               {"context entry", describe_context},
                                               {"scalable-mode root entry", describe_scalable_root},
                                               {"scalable-mode context entry", describe_scalable_context},
                                               {"PASID directory entry", describe_pasid_directory},
                                               {"PASID table entry", describe_pasid_entry},
                                               {"interrupt remapping table entry", describe_interrupt_entry},
                                               {"posted interrupt descriptor", describe_posted_descriptor}}};

}  // namespace

std::string describe(const iommu::Fetch& fetch) {
  const std::string_view name = fetch.what;
  if (fetch.failed) return "access error: no memory answers here";
  for (const Describer& each : describers)
    if (each.name == name) return each.describe(fetch);
  for (const EntryNames* names : {&entry_names, &second_stage_entry_names})
    if (const unsigned level = level_of(name, *names); level != 0) return describe_second_stage(fetch, level);
  if (const unsigned level = level_of(name, first_stage_entry_names); level != 0)
    return describe_first_stage(fetch, level);
  return "";
}

}  // namespace iommusim::vtd
