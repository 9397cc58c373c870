// SPDX-License-Identifier: Apache-2.0
// What software does, as a line of a trace says it after the verb.
#pragma once

#include "traces/operation.h"
#include "traces/tokens.h"

namespace iommusim::traces {

Map parse_map(Tokens& tokens);
Unmap parse_unmap(Tokens& tokens);
Invalidate parse_invalidate(Tokens& tokens);
ProgramEntry parse_irte(Tokens& tokens);
Configure parse_set(Tokens& tokens);
CpuAccess parse_cpu_read(Tokens& tokens);
CpuAccess parse_cpu_write(Tokens& tokens);

}  // namespace iommusim::traces
