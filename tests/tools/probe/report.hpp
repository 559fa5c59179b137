// Shows a measurement: JSON for scripts, text for people, one CSV line per request for digging.
#pragma once

#include <cstdio>
#include <string>

#include "tests/tools/probe/record.hpp"

namespace tandem::tools {

void print_json(std::FILE* out, const Measurement& m, Duration late);
void print_text(std::FILE* out, const Measurement& m, Duration late);
/// stream,intended_ns,sent_ns,finished_ns,outcome,status,backend,client,reused. Dies if it cannot write.
void write_requests(const std::string& path, const Measurement& m);

}  // namespace tandem::tools
