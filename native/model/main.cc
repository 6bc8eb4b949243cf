// The registry's protocols under the C++ memory model: every interleaving with few
// enough switches of threads. PROTOCOL names the protocol.h to check. Exit code 1: it fails.
#include "atomic_model.h"

#include PROTOCOL

#include <cstdlib>
#include <iostream>
#include <streambuf>

namespace {

void start(ts_word &word, uint32_t value) {
  word.store(value, rl::mo_relaxed, RL_INFO);
}

// Two writers; what the lock guards is plain memory.
struct lock : rl::test_suite<lock, 2> {
  ts_word word;
  rl::var<uint32_t> guarded;
  void before() {
    start(word, 0);
    guarded(RL_INFO) = 0;
  }
  void thread(unsigned) {
    if (!ts_lock_take(&word)) return;
    guarded(RL_INFO) = uint32_t(guarded(RL_INFO)) + 1;
    ts_lock_leave(&word);
  }
};

// A unit's name is plain memory; its slot shows it.
struct shown : rl::test_suite<shown, 2> {
  ts_word slot;
  rl::var<uint32_t> name;
  void before() {
    start(slot, 0);
  }
  void thread(unsigned index) {
    if (index == 0) {
      name(RL_INFO) = 7;
      ts_show(&slot, 1);
    } else if (ts_see(&slot) == 1) {
      RL_ASSERT(uint32_t(name(RL_INFO)) == 7);
    }
  }
};

// A record of two words is rewritten twice under a reader.
struct record : rl::test_suite<record, 2> {
  ts_word sequence, words[2];
  void before() {
    start(sequence, 0);
    start(words[0], 0);
    start(words[1], 0);
  }
  void write(uint32_t value) {
    uint32_t odd = ts_rewrite_begin(&sequence);
    ts_store_relaxed(&words[0], value);
    ts_store_relaxed(&words[1], value);
    ts_rewrite_end(&sequence, odd);
  }
  void thread(unsigned index) {
    if (index == 0) {
      write(1);
      write(2);
      return;
    }
    uint32_t before = ts_look_begin(&sequence);
    uint32_t a = ts_load_relaxed(&words[0]), b = ts_load_relaxed(&words[1]);
    if (ts_look_was_whole(&sequence, before)) RL_ASSERT(a == b && a == before / 2);
  }
};

// A writer publishes generations 1 to 4; each unit's entry is its generation.
struct generations : rl::test_suite<generations, 2> {
  static constexpr uint32_t LAST = 4, BANKS = 3, UNITS = 2;
  ts_word generation, banks[BANKS][UNITS];
  void before() {
    start(generation, 0);
    for (auto &bank : banks)
      for (auto &entry : bank) start(entry, 0);
  }
  void thread(unsigned index) {
    if (index == 0) {
      for (uint32_t next = 1; next <= LAST; next++) {
        for (auto &entry : banks[next % BANKS]) ts_bank_store(&entry, next);
        RL_ASSERT(ts_generation_advance(&generation, next - 1, next));
      }
      return;
    }
    uint32_t viewed = ts_generation_load(&generation);
    uint32_t a = ts_bank_load(&banks[viewed % BANKS][0]), b = ts_bank_load(&banks[viewed % BANKS][1]);
    if (ts_view_is_whole(&generation, viewed)) RL_ASSERT(a == viewed && b == viewed);
  }
};

// A record is retired and, two generations on, rewritten for another version, by another
// writer than the one that published. A reader whose view is whole never sees the new one.
struct reclaim : rl::test_suite<reclaim, 3> {
  ts_word generation, entry, sequence, content;
  void before() {
    start(generation, 1);
    start(entry, 1);
    start(sequence, 0);
    start(content, 1);
  }
  void thread(unsigned index) {
    if (index == 0) {
      ts_generation_advance(&generation, 1, 2);
      ts_generation_advance(&generation, 2, 3);
    } else if (index == 1) {
      if (ts_generation_load(&generation) < 3) return;
      uint32_t odd = ts_rewrite_begin(&sequence);
      ts_store_relaxed(&content, 9);
      ts_rewrite_end(&sequence, odd);
    } else {
      uint32_t viewed = ts_generation_load(&generation);
      if (viewed != 1 || ts_bank_load(&entry) != 1) return;
      uint32_t before = ts_look_begin(&sequence), seen = ts_load_relaxed(&content);
      if (ts_look_was_whole(&sequence, before) && ts_view_is_whole(&generation, viewed)) RL_ASSERT(seen == 1);
    }
  }
};

// Several publish the same generation: one succeeds. What it shows is staged by another thread.
struct publish : rl::test_suite<publish, 3> {
  ts_word generation, staged, entry;
  rl::atomic<uint32_t> winners;
  void before() {
    start(generation, 0);
    start(staged, 0);
    start(entry, 0);
    start(winners, 0);
  }
  void thread(unsigned index) {
    if (index == 0) {
      ts_bank_store(&entry, 1);
      ts_show(&staged, 1);
    }
    if (ts_see(&staged) == 1 && ts_generation_advance(&generation, 0, 1))
      winners.fetch_add(1, rl::mo_relaxed, RL_INFO);
    if (ts_generation_load(&generation) == 1) RL_ASSERT(ts_bank_load(&entry) == 1);
  }
  void after() {
    RL_ASSERT(winners.load(rl::mo_relaxed, RL_INFO) == 1);
  }
};

// Relacy replaces the allocator while it runs, so its output must not allocate.
struct nowhere : std::streambuf {
  int overflow(int character) override {
    return character;
  }
};

// A participant joins, ticks and reads plain memory that a writer reuses once everybody is
// past the generation that showed it: the two never touch it at the same time.
struct participant : rl::test_suite<participant, 2> {
  ts_word generation, entry, slot;
  rl::var<uint32_t> record;
  void before() {
    start(generation, 1);
    start(entry, 1);
    start(slot, 0);
    record(RL_INFO) = 1;
  }
  void write() {
    ts_bank_store(&entry, 2);
    ts_generation_advance(&generation, 1, 2);
    ts_participants_begin();
    if (ts_participant_is_past(&slot, 2)) record(RL_INFO) = 2;
  }
  // Only a view of the first generation shows the record.
  void tick() {
    uint32_t viewed = ts_participant_tick(&slot, &generation);
    if (viewed == 1 && ts_bank_load(&entry) == 1) RL_ASSERT(uint32_t(record(RL_INFO)) == 1);
  }
  void thread(unsigned index) {
    if (index == 0) {
      write();
      return;
    }
    if (!ts_participant_join(&slot, &generation)) return;
    tick();
    tick();
    ts_participant_leave(&slot);
  }
};

template <typename Suite> bool holds(const char *name) {
  nowhere buffer;
  std::ostream quiet(&buffer);
  rl::test_params params;
  params.search_type = rl::fair_context_bound_scheduler_type;
  params.context_bound = 3;
  params.iteration_count = 2000000;
  params.collect_history = true; // or Relacy runs a failing search a second time
  params.output_stream = &quiet;
  params.progress_stream = &quiet;
  bool passed = rl::simulate<Suite>(params);
  std::cout << "  " << (passed ? "holds" : "FAILS") << "  " << name << ", " << params.stop_iteration
            << " executions\n";
  return passed;
}

} // namespace

int main() {
  bool passed = holds<lock>("lock");
  passed = passed && holds<shown>("shown");
  passed = passed && holds<record>("record");
  passed = passed && holds<generations>("generations");
  passed = passed && holds<reclaim>("reclaim");
  passed = passed && holds<publish>("publish");
  passed = passed && holds<participant>("participant");
  // Relacy leaves a failed execution half torn down: no destructor may run after it.
  std::cout.flush();
  std::_Exit(passed ? 0 : 1);
}
