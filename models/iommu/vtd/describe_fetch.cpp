// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/describe_fetch.h"

#include "base/quantity.h"
#include "base/requester_id.h"
#include "iommu/vtd/context_entry.h"
#include "iommu/vtd/interrupt_remapping_entry.h"
#include "iommu/vtd/posted_interrupt_descriptor.h"
#include "iommu/vtd/root_entry.h"
#include "iommu/vtd/second_stage_entry.h"

#include <fmt/format.h>

#include <string_view>

namespace iommusim::vtd {
namespace {

std::string describe_root(const RootEntry& entry) {
  if (!entry.get<RootEntry::P>()) return "not present";
  return fmt::format("present, context table at {:#x}", entry.get<RootEntry::CTP>() << 12);
}

std::string_view translation_type(TranslationType type) {
  switch (static_cast<unsigned>(type)) {
    case 0: return "translate untranslated requests";
    case 1: return "translate, ATS allowed";
    case 2: return "pass through";
    default: return "reserved translation type";
  }
}

std::string describe_context(const ContextEntry& entry) {
  const std::string_view quiet = entry.get<ContextEntry::FPD>() ? ", faults not recorded" : "";
  if (!entry.get<ContextEntry::P>()) return fmt::format("not present{}", quiet);
  return fmt::format("present, domain {}, {}, {} levels, second-stage tables at {:#x}{}",
                     entry.get<ContextEntry::DID>(), translation_type(entry.get<ContextEntry::TT>()),
                     levels_of(entry.get<ContextEntry::AW>()), entry.get<ContextEntry::SSPTPTR>() << 12, quiet);
}

unsigned level_of(std::string_view name) {
  for (unsigned level = 1; level <= max_table_levels; ++level)
    if (name == entry_name(level)) return level;
  return 0;
}

std::string describe_second_stage(const SecondStageEntry& entry, unsigned level) {
  const bool read = entry.get<SecondStageEntry::R>();
  const bool write = entry.get<SecondStageEntry::W>();
  if (!read && !write) return "not present";
  const std::string_view rights = read && write ? "read and write" : read ? "read only" : "write only";
  const std::uint64_t target = entry.get<SecondStageEntry::ADDR>() << 12;
  const bool leaf = level == 1 || entry.get<SecondStageEntry::PS>();
  if (leaf) return fmt::format("{} page at {:#x}, {}", format_size(page_size(level)), target, rights);
  return fmt::format("next table at {:#x}, {}", target, rights);
}

std::string describe_interrupt_entry(const InterruptRemappingEntry& entry) {
  using Entry = InterruptRemappingEntry;
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

std::string describe_posted_descriptor(const PostedInterruptDescriptor& descriptor) {
  using Descriptor = PostedInterruptDescriptor;
  return fmt::format("notification vector {:#x}, {}, {}", descriptor.get<Descriptor::NV>(),
                     descriptor.get<Descriptor::ON>() ? "notified already" : "not notified yet",
                     descriptor.get<Descriptor::SN>() ? "notifications suppressed" : "notifications wanted");
}

}  // namespace

std::string describe(const iommu::Fetch& fetch) {
  const std::string_view name = fetch.what;
  if (fetch.failed) return "access error: no memory answers here";
  if (name == "root entry") return describe_root(RootEntry{{fetch.value[0], fetch.value[1]}});
  if (name == "context entry") return describe_context(ContextEntry{{fetch.value[0], fetch.value[1]}});
  if (name == "interrupt remapping table entry")
    return describe_interrupt_entry(InterruptRemappingEntry{{fetch.value[0], fetch.value[1]}});
  if (name == "posted interrupt descriptor") return describe_posted_descriptor(PostedInterruptDescriptor{fetch.value});
  if (const unsigned level = level_of(name); level != 0)
    return describe_second_stage(SecondStageEntry{fetch.value[0]}, level);
  return "";
}

}  // namespace iommusim::vtd
