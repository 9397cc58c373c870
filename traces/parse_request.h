// SPDX-License-Identifier: Apache-2.0
// What devices do, as a line of a trace says it after the verb.
#pragma once

#include "traces/operation.h"
#include "traces/tokens.h"

namespace iommusim::traces {

/// Take the words of a DMA into `action`, whose memory is used again.
void parse_read(Tokens& tokens, Action& action);
void parse_write(Tokens& tokens, Action& action);
void parse_atomic(Tokens& tokens, Action& action);

Msi parse_msi(Tokens& tokens);
RawWrite parse_raw_write(Tokens& tokens);

}  // namespace iommusim::traces
