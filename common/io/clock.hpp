// The one place that reads the monotonic clock for shells; core code is given a TimePoint.
#pragma once

#include "common/base/time.hpp"

namespace tandem::io {

/// CLOCK_MONOTONIC now. One vDSO call; the data path uses its loop's cached time instead.
TimePoint now() noexcept;

}  // namespace tandem::io
