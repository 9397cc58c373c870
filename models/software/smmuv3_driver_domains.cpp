// SPDX-License-Identifier: Apache-2.0
// Domains and the streams in them (SMMUv3 architecture, 3.3 and 3.21.3).
#include "base/quantity.h"
#include "software/driver_error.h"
#include "software/smmuv3_driver.h"

#include <algorithm>
#include <utility>

namespace iommusim::software {

using smmuv3::Command;
using smmuv3::ConfigCommand;
using smmuv3::DeviceTlbCommand;
using smmuv3::Granule;
using smmuv3::Idr0;
using smmuv3::Idr5;
using smmuv3::Opcode;
using smmuv3::StallModel;
using smmuv3::TableGeometry;

namespace {

/// T0SZ and S2T0SZ are at most 39.
constexpr unsigned least_input_bits = 25;
constexpr unsigned most_input_bits = 48;
/// Bits of an index into 16 concatenated tables.
constexpr unsigned most_concatenated_bits = 4;

constexpr unsigned levels_for(unsigned bits, Granule granule) {
  const unsigned resolved = bits - static_cast<unsigned>(granule);
  return (resolved + smmuv3::stride(granule) - 1) / smmuv3::stride(granule);
}

}  // namespace

DomainId Smmuv3Driver::create_domain(DomainKind kind, unsigned levels, Stage stage) {
  const Stage available = available_stage(stage);
  const DomainId id = free_domain_id(available);
  Domain domain{};
  domain.kind = kind;
  if (kind == DomainKind::translating) {
    domain.geometry = geometry_of(levels, available);
    domain.tables = std::make_unique<PagingTables>(registers_.bus(), pages_, format_of(domain.geometry, available));
  }
  domains_.emplace(id, std::move(domain));
  return id;
}

std::unique_ptr<PagingFormat> Smmuv3Driver::format_of(const TableGeometry& geometry, Stage stage) const {
  return std::make_unique<VmsaPagingFormat>(geometry, stage, registers_.output_bits() > most_input_bits);
}

DomainId Smmuv3Driver::create_nested_domain(unsigned levels, const Range<PhysAddr>& guest_memory) {
  const Idr0 idr0 = registers_.idr0();
  if (!idr0.get<Idr0::S1P>() || !idr0.get<Idr0::S2P>()) registers_.fail("has no nested translation");
  GuestMemory::check(guest_memory, page_size(), std::min(most_input_bits, registers_.output_bits()));
  // ASIDs and VMIDs: of the narrower.
  const DomainId id = free_domain_id(idr0.get<Idr0::ASID16>() ? Stage::second : Stage::first);
  Domain domain{};
  domain.kind = DomainKind::translating;
  domain.geometry = geometry_of(levels, Stage::first);
  domain.second_geometry = geometry_of(0, Stage::second);
  CpuBus& bus = registers_.bus();
  domain.guest =
      std::make_unique<GuestMemory>(bus, pages_, guest_memory, format_of(domain.second_geometry, Stage::second));
  domain.guest_contexts = std::make_unique<ContextTable>(bus, domain.guest->table_pages());
  domain.tables =
      std::make_unique<PagingTables>(bus, domain.guest->table_pages(), format_of(domain.geometry, Stage::first));
  domains_.emplace(id, std::move(domain));
  return id;
}

void Smmuv3Driver::destroy_domain(DomainId id) {
  const Domain& domain = find(id);
  const bool in_use =
      std::any_of(attached_.begin(), attached_.end(), [&](const auto& a) { return a.second.domain == id; });
  if (in_use) throw DriverError(to_string(id) + " still has devices");
  if (domain.tables) {
    if (stream_table_ && !commands_.submit({domain_invalidation(id)}))
      registers_.fail("did not invalidate the translations of " + to_string(id));
    domain.tables->release_all();
    if (domain.guest) domain.guest->release_all();
  }
  domains_.erase(id);
}

unsigned Smmuv3Driver::width(DomainId domain) const {
  const Domain& found = find(domain);
  return found.tables ? found.geometry.input_bits : registers_.output_bits();
}

Stage Smmuv3Driver::available_stage(Stage wanted) const {
  const bool has_wanted =
      wanted == Stage::first ? registers_.idr0().get<Idr0::S1P>() : registers_.idr0().get<Idr0::S2P>();
  if (has_wanted) return wanted;
  return wanted == Stage::first ? Stage::second : Stage::first;
}

/// Intermediate addresses have as many bits as physical ones; a stage alone may use 48 otherwise.
TableGeometry Smmuv3Driver::geometry_of(unsigned levels, Stage stage) const {
  const unsigned reachable =
      stage == Stage::first ? most_input_bits : std::min(most_input_bits, registers_.output_bits());
  const unsigned deepest = levels_for(reachable, granule_);
  const unsigned wanted = levels == 0 ? deepest : std::min(levels, smmuv3::last_level + 2);
  const unsigned input_bits = std::min(reachable, static_cast<unsigned>(granule_) + wanted * smmuv3::stride(granule_));
  if (wanted > deepest || input_bits < least_input_bits)
    registers_.fail("does not walk tables of " + std::to_string(levels) + " levels");
  unsigned walked = wanted;
  const unsigned top_bits = input_bits - static_cast<unsigned>(granule_) - (walked - 1) * smmuv3::stride(granule_);
  if (stage == Stage::second && walked > 1 && top_bits <= most_concatenated_bits) --walked;
  return {granule_, static_cast<std::uint8_t>(input_bits), static_cast<std::uint8_t>(smmuv3::last_level + 1 - walked)};
}

DomainId Smmuv3Driver::free_domain_id(Stage stage) const {
  const bool wide =
      stage == Stage::first ? registers_.idr0().get<Idr0::ASID16>() : registers_.idr0().get<Idr0::VMID16>();
  const unsigned count = 1U << (wide ? 16U : 8U);
  unsigned free = 1;
  for (const auto& [id, domain] : domains_) {
    if (static_cast<unsigned>(id) != free) break;
    ++free;
  }
  if (free == count) registers_.fail("has no tag left of its " + std::to_string(count));
  return static_cast<DomainId>(free);
}

const Smmuv3Driver::Domain& Smmuv3Driver::find(DomainId domain) const {
  const auto found = domains_.find(domain);
  if (found == domains_.end()) throw DriverError(to_string(domain) + " does not exist");
  return found->second;
}

void Smmuv3Driver::attach(DomainId id, RequesterId requester, DeviceTlb device_tlb) {
  const Domain& domain = find(id);
  if (device_tlb != DeviceTlb::no && !offers_device_tlbs(id))
    throw DriverError(to_string(id) + " has no translations that a device could keep");
  if (!stream_table_) throw DriverError("the SMMU must be prepared before devices are attached");
  const auto stream = streams_.stream_of(requester);
  if (!stream) throw DriverError("firmware gives requester " + to_string(requester) + " no StreamID");
  check_attachable(id, requester, *stream);
  detach(requester);
  Attachment attachment{id, device_tlb, *stream, std::nullopt};
  const Attachment* const sharing = sharing_stream(*stream);
  if (domain.kind == DomainKind::identity) {
    stream_table_->write(*stream, bypass_entry());
  } else if (domain.kind == DomainKind::translating) {
    StreamTarget target = target_of(id, domain, requester, device_tlb);
    if (sharing != nullptr) target.device_tlb = target.device_tlb || sharing->device_tlb != DeviceTlb::no;
    attachment.context = context_of(domain, target, sharing);
    stream_table_->write(*stream, entry_of(domain, target, attachment.context));
  }
  attached_.insert_or_assign(requester, attachment);
  forget_configuration(*stream);
}

/// Faults of a guest's second stage do not wait: what maps its memory does not change.
smmuv3::StreamTableEntry Smmuv3Driver::entry_of(const Domain& domain, const StreamTarget& target,
                                                std::optional<PhysAddr> context) const {
  const bool may_stall = registers_.idr0().get<Idr0::STALL_MODEL>() == StallModel::stall_and_terminate;
  if (!context) return stage_2_entry(target);
  if (!domain.guest) return stage_1_entry(*context, target, may_stall);
  StreamTarget second = target;
  second.root = domain.guest->root();
  second.geometry = domain.second_geometry;
  second.stalls = registers_.idr0().get<Idr0::STALL_MODEL>() == StallModel::stall_only;
  return nested_entry(*context, target, second, may_stall);
}

/// nullopt: the domain has no first stage. A stream has one context descriptor, whoever shares it.
std::optional<PhysAddr> Smmuv3Driver::context_of(const Domain& domain, const StreamTarget& target,
                                                 const Attachment* sharing) {
  if (domain.tables->stage() != Stage::first) return std::nullopt;
  return sharing != nullptr ? sharing->context : contexts_of(domain).add(context_descriptor(target));
}

/// Requesters that have a StreamID together go together.
void Smmuv3Driver::check_attachable(DomainId id, RequesterId requester, std::uint32_t stream) const {
  if (!stream_table_->has(stream))
    throw DriverError("StreamID " + format_hex(stream) + " is not one that the stream table can have");
  for (const auto& [other, attachment] : attached_)
    if (other != requester && attachment.stream == stream && attachment.domain != id)
      throw DriverError("requester " + to_string(requester) + " has the StreamID of " + to_string(other) +
                        ", which is in " + to_string(attachment.domain));
}

bool Smmuv3Driver::stalls(RequesterId requester) const {
  const StallModel model = registers_.idr0().get<Idr0::STALL_MODEL>();
  if (model != StallModel::stall_and_terminate) return model == StallModel::stall_only;
  return std::find(config_.stalling.begin(), config_.stalling.end(), requester) != config_.stalling.end();
}

StreamTarget Smmuv3Driver::target_of(DomainId id, const Domain& domain, RequesterId requester,
                                     DeviceTlb device_tlb) const {
  StreamTarget target;
  target.tag = static_cast<std::uint16_t>(id);
  target.root = domain.tables->root();
  target.geometry = domain.geometry;
  target.output_size = static_cast<std::uint8_t>(registers_.idr5().get<Idr5::OAS>());
  target.device_tlb = device_tlb != DeviceTlb::no;
  // Second-stage faults cannot wait where devices keep translations (5.2, EATS).
  const bool excluded = target.device_tlb && domain.tables->stage() == Stage::second;
  target.stalls = stalls(requester) && !excluded;
  return target;
}

bool Smmuv3Driver::offers_device_tlbs(DomainId domain) const {
  const Domain& found = find(domain);
  if (!registers_.idr0().get<Idr0::ATS>() || !found.tables) return false;
  return found.tables->stage() == Stage::first || registers_.idr0().get<Idr0::STALL_MODEL>() != StallModel::stall_only;
}

bool Smmuv3Driver::offers_page_requests(DomainId domain) const {
  return offers_device_tlbs(domain) && registers_.idr0().get<Idr0::PRI>();
}

/// Translations of the domain stay: they are found only by way of a stream in it.
void Smmuv3Driver::detach(RequesterId requester) {
  const auto found = attached_.find(requester);
  if (found == attached_.end()) return;
  const Attachment old = found->second;
  attached_.erase(found);
  if (sharing_stream(old.stream) != nullptr) return;
  stream_table_->clear(old.stream);
  forget_configuration(old.stream);
  if (old.context) contexts_of(find(old.domain)).remove(*old.context);
  if (old.device_tlb == DeviceTlb::no) return;
  auto command = command_of<DeviceTlbCommand>(Opcode::atc_inv);
  command.set<Command::StreamID>(old.stream);
  command.set<DeviceTlbCommand::Size>(everything);
  // A device that does not answer keeps what it has; nothing more can be done from here.
  static_cast<void>(commands_.submit({command}));
}

const Smmuv3Driver::Attachment* Smmuv3Driver::sharing_stream(std::uint32_t stream) const {
  for (const auto& [requester, attachment] : attached_)
    if (attachment.stream == stream) return &attachment;
  return nullptr;
}

std::optional<DomainId> Smmuv3Driver::domain_of(RequesterId requester) const {
  const auto found = attached_.find(requester);
  return found == attached_.end() ? std::nullopt : std::optional{found->second.domain};
}

/// With the stream's context descriptor.
void Smmuv3Driver::forget_configuration(std::uint32_t stream) {
  auto command = command_of<ConfigCommand>(Opcode::cfgi_ste);
  command.set<Command::StreamID>(stream);
  if (!commands_.submit({command})) registers_.fail("did not invalidate its configuration of a stream");
}

}  // namespace iommusim::software
