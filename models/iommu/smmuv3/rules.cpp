// SPDX-License-Identifier: Apache-2.0
#include "iommu/smmuv3/rules.h"

namespace iommusim::smmuv3 {
namespace rules {

const Rule disabled{"smmu.disabled", "the SMMU is off (SMMUEN is 0) and lets addresses pass unchanged",
                    "SMMUv3 architecture, 6.3.9, CR0, and 6.3.14, GBPA"};
const Rule global_abort{"smmu.global-abort", "the SMMU is off (SMMUEN is 0) and GBPA.ABORT refuses everything",
                        "SMMUv3 architecture, 6.3.14, GBPA"};
const Rule beyond_output_size{"smmu.beyond-output-size", "the address has more bits than the SMMU's output addresses",
                              "SMMUv3 architecture, 3.4"};
const Rule no_stream_id{"smmu.no-stream-id", "the requester has no StreamID at the SMMU", "SMMUv3 architecture, 3.2"};
const Rule stream_bypass{"smmu.stream-bypass", "the stream table entry says bypass, so the address is not translated",
                         "SMMUv3 architecture, 5.2, STE.Config"};
const Rule stage_1_bypass{"smmu.stage-1-bypass",
                          "S1DSS lets requests without SubstreamID bypass stage 1, so the address is not translated",
                          "SMMUv3 architecture, 5.2, STE.S1DSS"};
const Rule stream_aborts{"smmu.stream-aborts", "the stream table entry refuses everything, without a record",
                         "SMMUv3 architecture, 5.2, STE.Config"};
const Rule stage_1{"smmu.stage-1", "the stage 1 tables of the context translate the address",
                   "SMMUv3 architecture, 3.3.2"};
const Rule stage_2{"smmu.stage-2", "the stage 2 tables of the stream translate the address",
                   "SMMUv3 architecture, 3.3.2"};
const Rule nested{"smmu.nested", "the stage 1 and then the stage 2 tables translate the address",
                  "SMMUv3 architecture, 3.3.2"};
const Rule split_stage{"smmu.split-stage", "the device is told the IPA, and stage 2 translates what it sends there",
                       "SMMUv3 architecture, 3.9.1, STE.EATS"};
const Rule tlb_hit{"smmu.tlb-hit", "the TLB holds a translation of the page", "SMMUv3 architecture, 3.17"};
const Rule translated_transaction{"smmu.translated-transaction",
                                  "the device has translated the address itself, as the SMMU allows",
                                  "SMMUv3 architecture, 3.9.1.3"};
const Rule no_permission{"smmu.no-permission", "the tables grant the device no access to the page",
                         "SMMUv3 architecture, 3.9.1.2 and 13.7.1"};

}  // namespace rules

namespace {

const Rule no_event{"smmu.no-event", "nothing is recorded", "SMMUv3 architecture, 7.3"};
const Rule f_uut{"smmu.f-uut", "the SMMU does not support the transaction (F_UUT)", "SMMUv3 architecture, 7.3.2"};
const Rule c_bad_streamid{"smmu.c-bad-streamid", "the StreamID is beyond the stream table (C_BAD_STREAMID)",
                          "SMMUv3 architecture, 7.3.3"};
const Rule f_ste_fetch{"smmu.f-ste-fetch", "the stream table could not be read (F_STE_FETCH)",
                       "SMMUv3 architecture, 7.3.4"};
const Rule c_bad_ste{"smmu.c-bad-ste", "the stream table entry is invalid (C_BAD_STE)",
                     "SMMUv3 architecture, 7.3.5 and 5.2.2"};
const Rule f_bad_ats_treq{"smmu.f-bad-ats-treq", "the stream may not ask for translations (F_BAD_ATS_TREQ)",
                          "SMMUv3 architecture, 7.3.6"};
const Rule f_stream_disabled{"smmu.f-stream-disabled",
                             "the stream is not for requests with this SubstreamID, or without (F_STREAM_DISABLED)",
                             "SMMUv3 architecture, 7.3.7"};
const Rule f_transl_forbidden{"smmu.f-transl-forbidden",
                              "the stream may not send translated addresses (F_TRANSL_FORBIDDEN)",
                              "SMMUv3 architecture, 7.3.8"};
const Rule c_bad_substreamid{"smmu.c-bad-substreamid", "the stream has no such substream (C_BAD_SUBSTREAMID)",
                             "SMMUv3 architecture, 7.3.9"};
const Rule f_cd_fetch{"smmu.f-cd-fetch", "the context descriptor could not be read (F_CD_FETCH)",
                      "SMMUv3 architecture, 7.3.10"};
const Rule c_bad_cd{"smmu.c-bad-cd", "the context descriptor is invalid (C_BAD_CD)",
                    "SMMUv3 architecture, 7.3.11 and 5.4.2"};
const Rule f_walk_eabt{"smmu.f-walk-eabt", "a translation table could not be read or updated (F_WALK_EABT)",
                       "SMMUv3 architecture, 7.3.12"};
const Rule f_translation{"smmu.f-translation", "no table entry maps the address (F_TRANSLATION)",
                         "SMMUv3 architecture, 7.3.13"};
const Rule f_addr_size{"smmu.f-addr-size", "an address is wider than the output of its stage (F_ADDR_SIZE)",
                       "SMMUv3 architecture, 7.3.14"};
const Rule f_access{"smmu.f-access", "the access flag of the page is 0 (F_ACCESS)", "SMMUv3 architecture, 7.3.15"};
const Rule f_permission{"smmu.f-permission", "the page does not permit the access (F_PERMISSION)",
                        "SMMUv3 architecture, 7.3.16"};

}  // namespace

const Rule& rule_of(EventCode code) {
  switch (code) {
    case EventCode::f_uut: return f_uut;
    case EventCode::c_bad_streamid: return c_bad_streamid;
    case EventCode::f_ste_fetch: return f_ste_fetch;
    case EventCode::c_bad_ste: return c_bad_ste;
    case EventCode::f_bad_ats_treq: return f_bad_ats_treq;
    case EventCode::f_stream_disabled: return f_stream_disabled;
    case EventCode::f_transl_forbidden: return f_transl_forbidden;
    case EventCode::c_bad_substreamid: return c_bad_substreamid;
    case EventCode::f_cd_fetch: return f_cd_fetch;
    case EventCode::c_bad_cd: return c_bad_cd;
    case EventCode::f_walk_eabt: return f_walk_eabt;
    case EventCode::f_translation: return f_translation;
    case EventCode::f_addr_size: return f_addr_size;
    case EventCode::f_access: return f_access;
    case EventCode::f_permission: return f_permission;
    default: return no_event;
  }
}

}  // namespace iommusim::smmuv3
