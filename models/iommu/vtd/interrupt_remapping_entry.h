// SPDX-License-Identifier: Apache-2.0
// Entries of the interrupt remapping table (VT-d specification, 9.10 and 9.11).
#pragma once

#include "base/address.h"
#include "base/word.h"

#include <cstdint>

namespace iommusim::vtd {

/// DLM. 3 and 6 are reserved.
enum class DeliveryMode : std::uint8_t { fixed = 0, lowest_priority = 1, smi = 2, nmi = 4, init = 5, ext_int = 7 };

/// SVT: what of the requester is compared with SID.
enum class SourceValidation : std::uint8_t { none = 0, source_id = 1, bus_range = 2, reserved = 3 };

/// IRTE. Fields that both formats have, then those of remapped (IM=0) and of posted interrupts (IM=1).
struct InterruptRemappingEntry : Word<128> {
  using Word::Word;
  struct SVT : Field<83, 82, SourceValidation> {};
  struct SQ : Field<81, 80, std::uint8_t> {};
  struct SID : Field<79, 64, std::uint16_t> {};
  /// In posted interrupts VV, the virtual vector.
  struct V : Field<23, 16, std::uint8_t> {};
  struct IM : Field<15, 15, bool> {};
  struct FPD : Field<1, 1, bool> {};
  struct P : Field<0, 0, bool> {};

  struct DST : Field<63, 32, std::uint32_t> {};
  /// DST without extended interrupt mode.
  struct DST8 : Field<47, 40, std::uint8_t> {};
  struct DLM : Field<7, 5, DeliveryMode> {};
  struct TM : Field<4, 4, bool> {};
  struct RH : Field<3, 3, bool> {};
  struct DM : Field<2, 2, bool> {};

  struct PDAH : Field<127, 96> {};
  struct PDAL : Field<63, 38> {};
  struct URG : Field<14, 14, bool> {};

  /// Bits 11:8 are software's.
  struct Available : Field<11, 8> {};

  PhysAddr posted_descriptor() const { return PhysAddr{get<PDAH>() << 32 | get<PDAL>() << 6}; }
};
static_assert(
    fields_disjoint<InterruptRemappingEntry::SVT, InterruptRemappingEntry::SQ, InterruptRemappingEntry::SID,
                    InterruptRemappingEntry::V, InterruptRemappingEntry::IM, InterruptRemappingEntry::FPD,
                    InterruptRemappingEntry::P, InterruptRemappingEntry::DST, InterruptRemappingEntry::DLM,
                    InterruptRemappingEntry::TM, InterruptRemappingEntry::RH, InterruptRemappingEntry::DM,
                    InterruptRemappingEntry::PDAH, InterruptRemappingEntry::URG, InterruptRemappingEntry::Available>());

}  // namespace iommusim::vtd
