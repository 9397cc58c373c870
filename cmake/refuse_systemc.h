// SPDX-License-Identifier: Apache-2.0
// Included before every file of a target that decides but does not keep time.
#pragma GCC poison sc_core sc_dt tlm_generic_payload
