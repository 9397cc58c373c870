// SPDX-License-Identifier: Apache-2.0
// The registers of a remapping unit as typed words (VT-d specification, 11.4). Names are the specification's.
#pragma once

#include "base/word.h"
#include "iommu/vtd/invalidation.h"

#include <cstdint>

namespace iommusim::vtd {

/// RTADDR.TTM: which tables the root pointer starts.
enum class TableMode : std::uint8_t { legacy = 0, scalable = 1, reserved = 2, abort_dma = 3 };

/// GCMD (11.4.4.1). TE, EAFL, QIE, IRE and CFI are levels; the others act once where 1 is written.
struct GlobalCommand : Word<32> {
  using Word::Word;
  struct TE : Field<31, 31, bool> {};
  struct SRTP : Field<30, 30, bool> {};
  struct SFL : Field<29, 29, bool> {};
  struct EAFL : Field<28, 28, bool> {};
  struct WBF : Field<27, 27, bool> {};
  struct QIE : Field<26, 26, bool> {};
  struct IRE : Field<25, 25, bool> {};
  struct SIRTP : Field<24, 24, bool> {};
  struct CFI : Field<23, 23, bool> {};
};
static_assert(
    fields_disjoint<GlobalCommand::TE, GlobalCommand::SRTP, GlobalCommand::SFL, GlobalCommand::EAFL, GlobalCommand::WBF,
                    GlobalCommand::QIE, GlobalCommand::IRE, GlobalCommand::SIRTP, GlobalCommand::CFI>());

/// GSTS (11.4.4.2).
struct GlobalStatus : Word<32> {
  using Word::Word;
  struct TES : Field<31, 31, bool> {};
  struct RTPS : Field<30, 30, bool> {};
  struct FLS : Field<29, 29, bool> {};
  struct AFLS : Field<28, 28, bool> {};
  struct WBFS : Field<27, 27, bool> {};
  struct QIES : Field<26, 26, bool> {};
  struct IRES : Field<25, 25, bool> {};
  struct IRTPS : Field<24, 24, bool> {};
  struct CFIS : Field<23, 23, bool> {};
};

/// RTADDR (11.4.5).
struct RootTableAddress : Word<64> {
  using Word::Word;
  struct RTA : Field<63, 12> {};
  struct TTM : Field<11, 10, TableMode> {};
};

/// CCMD (11.4.6.1).
struct ContextCommand : Word<64> {
  using Word::Word;
  struct ICC : Field<63, 63, bool> {};
  struct CIRG : Field<62, 61, ContextGranularity> {};
  struct CAIG : Field<60, 59, ContextGranularity> {};
  struct FM : Field<33, 32, std::uint8_t> {};
  struct SID : Field<31, 16, std::uint16_t> {};
  struct DID : Field<15, 0, std::uint16_t> {};
};
static_assert(fields_disjoint<ContextCommand::ICC, ContextCommand::CIRG, ContextCommand::CAIG, ContextCommand::FM,
                              ContextCommand::SID, ContextCommand::DID>());

/// IVA (11.4.6.4).
struct InvalidateAddress : Word<64> {
  using Word::Word;
  struct ADDR : Field<63, 12> {};
  struct IH : Field<6, 6, bool> {};
  struct AM : Field<5, 0, std::uint8_t> {};
};

/// IOTLB (11.4.6.3).
struct IotlbInvalidate : Word<64> {
  using Word::Word;
  struct IVT : Field<63, 63, bool> {};
  struct IIRG : Field<61, 60, IotlbGranularity> {};
  struct IAIG : Field<58, 57, IotlbGranularity> {};
  struct DR : Field<49, 49, bool> {};
  struct DW : Field<48, 48, bool> {};
  struct DID : Field<47, 32, std::uint16_t> {};
};
static_assert(fields_disjoint<IotlbInvalidate::IVT, IotlbInvalidate::IIRG, IotlbInvalidate::IAIG, IotlbInvalidate::DR,
                              IotlbInvalidate::DW, IotlbInvalidate::DID>());

/// FSTS (11.4.7.1).
struct FaultStatus : Word<32> {
  using Word::Word;
  struct FRI : Field<15, 8, std::uint8_t> {};
  struct ITE : Field<6, 6, bool> {};
  struct ICE : Field<5, 5, bool> {};
  struct IQE : Field<4, 4, bool> {};
  struct APF : Field<3, 3, bool> {};
  struct AFO : Field<2, 2, bool> {};
  struct PPF : Field<1, 1, bool> {};
  struct PFO : Field<0, 0, bool> {};
  /// Every condition at once.
  struct Conditions : Field<6, 0> {};
};

/// FECTL and IECTL (11.4.7.2): mask and pending bit of an event message.
struct EventControl : Word<32> {
  using Word::Word;
  struct IM : Field<31, 31, bool> {};
  struct IP : Field<30, 30, bool> {};
};

/// PMEN (11.4.8).
struct ProtectedMemoryEnable : Word<32> {
  using Word::Word;
  struct EPM : Field<31, 31, bool> {};
  struct PRS : Field<0, 0, bool> {};
};

/// IQH (11.4.9.1): the descriptor to be fetched next. The offset counts 16-byte descriptors.
struct InvalidationQueueHead : Word<64> {
  using Word::Word;
  struct QH : Field<18, 4> {};
};

/// IQT (11.4.9.2): where software writes its next descriptor.
struct InvalidationQueueTail : Word<64> {
  using Word::Word;
  struct QT : Field<18, 4> {};
};

/// IQA (11.4.9.3). DW exists with scalable mode only.
struct InvalidationQueueAddress : Word<64> {
  using Word::Word;
  struct IQA : Field<63, 12> {};
  struct DW : Field<11, 11, bool> {};
  struct QS : Field<2, 0> {};
};

/// ICS (11.4.9.4).
struct InvalidationCompletionStatus : Word<32> {
  using Word::Word;
  struct IWC : Field<0, 0, bool> {};
};

/// IRTA (11.4.10). EIME exists with ECAP.EIM only.
struct InterruptRemappingTableAddress : Word<64> {
  using Word::Word;
  struct IRTA : Field<63, 12> {};
  struct EIME : Field<11, 11, bool> {};
  /// The table has 2^(S+1) entries.
  struct S : Field<3, 0> {};
};

/// IQERCD.IQEI: why the queue stopped.
enum class QueueError : std::uint8_t {
  none = 0,
  invalid_tail = 1,
  fetch_error = 2,
  invalid_type = 3,
  reserved_field = 4,
  invalid_width = 5,
  misaligned_tail = 6,
  invalid_table_mode = 7,
};

/// IQERCD (11.4.9.9).
struct InvalidationQueueErrorRecord : Word<64> {
  using Word::Word;
  struct ICESID : Field<63, 48> {};
  struct ITESID : Field<47, 32> {};
  struct IQEI : Field<3, 0, QueueError> {};
};

/// PQH and PQT (11.4.11.1, 11.4.11.2): the entry that software reads next, and the one that the unit writes next.
/// Entries have 32 bytes.
struct PageRequestQueuePointer : Word<64> {
  using Word::Word;
  struct Offset : Field<18, 5> {};
};

/// PQA (11.4.11.3).
struct PageRequestQueueAddress : Word<64> {
  using Word::Word;
  struct PQA : Field<63, 12> {};
  struct PQS : Field<2, 0> {};
};

/// PRS (11.4.11.4).
struct PageRequestStatus : Word<32> {
  using Word::Word;
  struct PRO : Field<1, 1, bool> {};
  struct PPR : Field<0, 0, bool> {};
};

/// FRCD (11.4.7.6): one recorded fault.
struct FaultRecord : Word<128> {
  using Word::Word;
  struct F : Field<127, 127, bool> {};
  struct T1 : Field<126, 126, bool> {};
  struct AT : Field<125, 124> {};
  struct PV : Field<123, 104> {};
  struct FR : Field<103, 96> {};
  struct PP : Field<95, 95, bool> {};
  struct EXE : Field<94, 94, bool> {};
  struct PRIV : Field<93, 93, bool> {};
  struct T2 : Field<92, 92, bool> {};
  struct SID : Field<79, 64> {};
  struct FI : Field<63, 12> {};
};
static_assert(
    fields_disjoint<FaultRecord::F, FaultRecord::T1, FaultRecord::AT, FaultRecord::PV, FaultRecord::FR, FaultRecord::PP,
                    FaultRecord::EXE, FaultRecord::PRIV, FaultRecord::T2, FaultRecord::SID, FaultRecord::FI>());

}  // namespace iommusim::vtd
