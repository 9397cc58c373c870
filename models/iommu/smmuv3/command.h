// SPDX-License-Identifier: Apache-2.0
// What stands in a command queue (SMMUv3 architecture, 4): opcodes and the layouts of the commands.
#pragma once

#include "base/word.h"

#include <array>
#include <cstdint>

namespace iommusim::smmuv3 {

/// Opcodes (4.1.1). Those of other security states and of features that no unit has are left out: they are illegal.
enum class Opcode : std::uint8_t {
  prefetch_config = 0x01,
  prefetch_addr = 0x02,
  cfgi_ste = 0x03,
  /// With Range 31: CMD_CFGI_ALL.
  cfgi_ste_range = 0x04,
  cfgi_cd = 0x05,
  cfgi_cd_all = 0x06,
  tlbi_nh_all = 0x10,
  tlbi_nh_asid = 0x11,
  tlbi_nh_va = 0x12,
  tlbi_nh_vaa = 0x13,
  tlbi_el2_all = 0x20,
  tlbi_el2_asid = 0x21,
  tlbi_el2_va = 0x22,
  tlbi_el2_vaa = 0x23,
  tlbi_s12_vmall = 0x28,
  tlbi_s2_ipa = 0x2A,
  tlbi_nsnh_all = 0x30,
  atc_inv = 0x40,
  pri_resp = 0x41,
  resume = 0x44,
  stall_term = 0x45,
  sync = 0x46,
};

/// Fields that several commands have at the same place (4.1.6).
struct Command : Word<128> {
  using Word::Word;
  struct OPCODE : Field<7, 0, Opcode> {};
  struct SSec : Field<10, 10, bool> {};
  struct SSV : Field<11, 11, bool> {};
  struct SubstreamID : Field<31, 12, std::uint32_t> {};
  struct StreamID : Field<63, 32, std::uint32_t> {};
};
static_assert(fields_disjoint<Command::OPCODE, Command::SSec, Command::SSV, Command::SubstreamID, Command::StreamID>());

/// The command as one of the kinds below.
template <class Kind>
constexpr Kind as(const Command& command) {
  return Kind{std::array<std::uint64_t, Command::words>{command.word(0), command.word(1)}};
}

/// CMD_PREFETCH_ADDR (4.2.2).
struct PrefetchCommand : Command {
  using Command::Command;
  struct Size : Field<68, 64> {};
  struct Stride : Field<73, 69> {};
  struct Address : Field<127, 76> {};
};

/// CMD_CFGI_STE, CMD_CFGI_CD (4.3.1, 4.3.3) and CMD_CFGI_STE_RANGE (4.3.2).
struct ConfigCommand : Command {
  using Command::Command;
  struct Leaf : Field<64, 64, bool> {};
  struct Range : Field<68, 64, unsigned> {};
};

/// CMD_TLBI_* (4.4): whichever of these the opcode has.
struct TlbCommand : Command {
  using Command::Command;
  struct NUM : Field<16, 12> {};
  struct SCALE : Field<25, 20, unsigned> {};
  struct VMID : Field<47, 32, std::uint16_t> {};
  struct ASID : Field<63, 48, std::uint16_t> {};
  struct Leaf : Field<64, 64, bool> {};
  struct TTL : Field<73, 72> {};
  /// Granule: 0 any, 1 4 KiB, 2 16 KiB, 3 64 KiB.
  struct TG : Field<75, 74, unsigned> {};
  struct Address : Field<127, 76> {};
};
static_assert(fields_disjoint<TlbCommand::NUM, TlbCommand::SCALE, TlbCommand::VMID, TlbCommand::ASID, TlbCommand::Leaf,
                              TlbCommand::TTL, TlbCommand::TG, TlbCommand::Address>());

/// CMD_ATC_INV (4.5.1).
struct DeviceTlbCommand : Command {
  using Command::Command;
  struct Global : Field<9, 9, bool> {};
  /// log2 of the span in pages of 4 KiB; 52: everything.
  struct Size : Field<69, 64, unsigned> {};
  struct Address : Field<127, 76> {};
};

/// CMD_PRI_RESP (4.5.2).
struct PageResponseCommand : Command {
  using Command::Command;
  enum class Response : std::uint8_t { failure = 0, invalid = 1, success = 2, reserved = 3 };
  struct PRGIndex : Field<72, 64, std::uint16_t> {};
  struct Resp : Field<77, 76, Response> {};
};

/// CMD_RESUME (4.7.1).
struct ResumeCommand : Command {
  using Command::Command;
  struct Ac : Field<12, 12, bool> {};
  struct Ab : Field<13, 13, bool> {};
  struct STAG : Field<79, 64, std::uint16_t> {};
};

/// CMD_SYNC (4.7.3).
struct SyncCommand : Command {
  using Command::Command;
  enum class Signal : std::uint8_t { none = 0, irq = 1, sev = 2, reserved = 3 };
  struct CS : Field<13, 12, Signal> {};
  struct MSH : Field<23, 22> {};
  struct MSIAttr : Field<27, 24> {};
  struct MSIData : Field<63, 32, std::uint32_t> {};
  struct MSIAddress : Field<115, 66> {};

  /// 0: no message.
  constexpr std::uint64_t message_address() const { return word(1) & MSIAddress::mask; }
};
static_assert(fields_disjoint<SyncCommand::CS, SyncCommand::MSH, SyncCommand::MSIAttr, SyncCommand::MSIData,
                              SyncCommand::MSIAddress>());

}  // namespace iommusim::smmuv3
