// SPDX-License-Identifier: Apache-2.0
#include "iommu/vtd/rules.h"

namespace iommusim::vtd::rules {

const Rule translation_disabled{"vtd.translation-disabled", "DMA remapping is off, so addresses pass unchanged",
                                "VT-d specification, 11.4.4.1, TE"};
const Rule pass_through{"vtd.pass-through", "the context entry says pass-through, so the address is not translated",
                        "VT-d specification, 9.3, TT"};
const Rule scalable_pass_through{"vtd.scalable-pass-through",
                                 "the PASID-table entry says pass-through, so the address is not translated",
                                 "VT-d specification, 9.6, PGTT"};
const Rule second_stage{"vtd.second-stage", "the second-stage tables translate the address", "VT-d specification, 3.7",
                        RuleTopic::page_tables};
const Rule first_stage{"vtd.first-stage", "the first-stage tables of the PASID translate the address",
                       "VT-d specification, 3.6", RuleTopic::page_tables};
const Rule nested{"vtd.nested", "the first-stage and then the second-stage tables of the PASID translate the address",
                  "VT-d specification, 3.8", RuleTopic::page_tables};
const Rule translated_request{"vtd.translated-request",
                              "the device has translated the address itself, as its context entry allows",
                              "VT-d specification, 4.2.4"};
const Rule untranslated_interrupt_range{"vtd.untranslated-interrupt-range",
                                        "the interrupt range has no translation: the device shall use it as it is",
                                        "VT-d specification, 7.1.3, S.1"};
const Rule abort_dma{"vtd.abort-dma", "the root pointer says abort-DMA mode, so every request is refused",
                     "VT-d specification, 3.4"};
const Rule pasid_unsupported{"vtd.pasid-unsupported", "the unit takes no requests with PASID",
                             "VT-d specification, 11.4.3, PASID"};
const Rule iotlb_hit{"vtd.iotlb-hit", "the IOTLB holds a translation of the page", "VT-d specification, 6.2.5",
                     RuleTopic::page_tables};
const Rule interrupt_request{"vtd.interrupt-request",
                             "a doubleword write to 0xFEEx_xxxx is an interrupt request, never remapped as DMA",
                             "VT-d specification, 3.15"};
const Rule interrupt_compatibility_format{"vtd.interrupt-compatibility-format",
                                          "CFIS lets compatibility-format interrupts pass as they are",
                                          "VT-d specification, 5.1.4", RuleTopic::interrupt_remapping};
const Rule interrupt_remapped{"vtd.interrupt-remapped", "the interrupt remapping table makes the message",
                              "VT-d specification, 5.1.4", RuleTopic::interrupt_remapping};
const Rule interrupt_entry_hit{"vtd.interrupt-entry-hit",
                               "the interrupt-entry cache holds the entry that makes the message",
                               "VT-d specification, 6.2", RuleTopic::interrupt_remapping};
const Rule interrupt_posted{"vtd.interrupt-posted",
                            "the interrupt is taken down in the posted interrupt descriptor of a virtual processor",
                            "VT-d specification, 5.2.3", RuleTopic::interrupt_posting};
const Rule interrupt_remapping{"vtd.interrupt-remapping",
                               "interrupt requests are answered by the interrupt remapping table",
                               "VT-d specification, 5.1"};
const Rule protected_memory{"vtd.protected-memory", "the address lies in a protected memory region",
                            "VT-d specification, 11.4.8"};
const Rule ats_without_remapping{"vtd.ats-without-remapping",
                                 "translation requests and translated requests are unsupported while remapping is off",
                                 "VT-d specification, 4.2"};
const Rule interrupt_range_flush{"vtd.interrupt-range-flush",
                                 "a zero-length read of 0xFEEx_xxxx is done without being translated",
                                 "VT-d specification, 3.15"};
const Rule translated_with_pasid{"vtd.translated-with-pasid", "the unit takes no PASID in translated requests",
                                 "VT-d specification, 4.2.1"};

}  // namespace iommusim::vtd::rules
