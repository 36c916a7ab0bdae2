// docs/keys.md, printed from the tables of inputs, window settings and handlers.
#pragma once

#include "base/buffer.h"

void policy_keys_markdown(struct buffer *out);
