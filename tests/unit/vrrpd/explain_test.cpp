// What an operator reads at 3 a.m.
#include "vrrpd/io/explain.hpp"

#include <doctest/doctest.h>

#include <string>

#include "vrrpd/core/votes.hpp"

using namespace tandem;
using namespace tandem::vrrp;

namespace {

std::string to_do(Reason reason) { return remedy(reason, "vip-a", "lb2", "lb1"); }

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("whatever holds a Backup comes with what to do, and with its voice") {
  CHECK(says(to_do(Reason::peer_lives), "lbctl doctor on both nodes"));
  CHECK(says(explain(Reason::peer_lives, "lb1"), "sync link"));
  CHECK(says(to_do(Reason::no_sight), "lbctl failover vip-a --to lb2 --force"));
  CHECK(says(explain(Reason::no_sight, "lb1"), "witness"));
  CHECK(says(to_do(Reason::not_preferred), "start lb1"));
  CHECK(says(explain(Reason::not_preferred, "lb1"), "split_policy"));
  CHECK(says(to_do(Reason::not_gone), "by itself"));
}

TEST_CASE("whatever the voices can say against a Backup has a remedy") {
  for (const Sight sight : {Sight::unknown, Sight::clear, Sight::doubtful, Sight::lost}) {
    for (const SplitPolicy policy : {SplitPolicy::availability, SplitPolicy::preferred}) {
      for (int bits = 0; bits < 16; ++bits) {
        Voices voices;
        voices.sight = sight;
        voices.policy = policy;
        voices.preferred = (bits & 1) != 0;
        voices.peer_gone = (bits & 2) != 0;
        if ((bits & 4) != 0) voices.peer = PeerVoice{.owns = (bits & 8) != 0};
        const Verdict verdict = decide(voices);
        CHECK(verdict.may_promote == to_do(verdict.reason).empty());
      }
    }
  }
}
