// Moved one floor down.
#pragma once

#include "base/text.h"
