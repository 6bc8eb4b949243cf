// The registry's protocols under the C++ memory model: every interleaving with few
// enough switches of threads. PROTOCOL and PARKING name the texts to check. Exit code 1: one fails.
#include "atomic_model.h"

#include PROTOCOL

#include PARKING

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

// A pass over a column of two records: what it found is trusted when no record was rewritten.
struct column : rl::test_suite<column, 2> {
  ts_word rewrites, sequence, records[2];
  void before() {
    start(rewrites, 0);
    start(sequence, 0);
    start(records[0], 5);
    start(records[1], 6);
  }
  // Each rewrite in two steps, with a value between them that no version ever had.
  void rewrite(ts_word *record, uint32_t value) {
    uint32_t odd = ts_rewrite_begin(&rewrites), odd_too = ts_rewrite_begin(&sequence);
    ts_store_relaxed(record, 99);
    ts_store_relaxed(record, value);
    ts_rewrite_end(&sequence, odd_too);
    ts_rewrite_end(&rewrites, odd);
  }
  void thread(unsigned index) {
    if (index == 0) {
      rewrite(&records[0], 7);
      rewrite(&records[1], 8);
      return;
    }
    uint32_t before = ts_look_begin(&rewrites);
    uint32_t a = ts_load_relaxed(&records[0]), b = ts_load_relaxed(&records[1]);
    if (!ts_look_was_whole(&rewrites, before)) return;
    RL_ASSERT(a == (before >= 2 ? 7 : 5) && b == (before >= 4 ? 8 : 6));
  }
};

// A growth fills plain memory and shows it; then a record in it is counted. Who sees the
// count finds the segment, and its memory, whole.
struct growth : rl::test_suite<growth, 2> {
  ts_word growths, count;
  rl::var<uint32_t> table, record;
  void before() {
    start(growths, 0);
    start(count, 0);
  }
  void thread(unsigned index) {
    if (index == 0) {
      table(RL_INFO) = 1;
      ts_show(&growths, 1);
      record(RL_INFO) = 2;
      ts_show(&count, 1);
      return;
    }
    uint32_t counted = ts_see(&count);
    uint32_t grown = ts_see(&growths);
    if (grown == 1) RL_ASSERT(uint32_t(table(RL_INFO)) == 1);
    if (counted == 1) RL_ASSERT(grown == 1 && uint32_t(record(RL_INFO)) == 2);
  }
};

void start(ts_pair &pair, uint32_t generation, uint32_t staged) {
  pair.store(both(generation, staged), rl::mo_relaxed, RL_INFO);
}

// A writer publishes generations 1 to 4; each unit's entry is its generation, and so is the
// state that was migrated for it.
struct generations : rl::test_suite<generations, 2> {
  static constexpr uint32_t LAST = 4, BANKS = 3, UNITS = 2;
  ts_pair live;
  ts_word banks[BANKS][UNITS];
  void before() {
    start(live, 0, 0);
    for (auto &bank : banks)
      for (auto &entry : bank) start(entry, 0);
  }
  void thread(unsigned index) {
    if (index == 0) {
      for (uint32_t next = 1; next <= LAST; next++) {
        for (auto &entry : banks[next % BANKS]) ts_bank_store(&entry, next);
        RL_ASSERT(ts_staging_offer(&live, next));
        RL_ASSERT(ts_staging_publish(&live, next));
      }
      return;
    }
    uint32_t viewed = ts_generation_load(&live);
    uint32_t a = ts_bank_load(&banks[viewed % BANKS][0]), b = ts_bank_load(&banks[viewed % BANKS][1]);
    if (ts_view_is_whole(&live, viewed)) RL_ASSERT(a == viewed && b == viewed);
  }
};

// A record is retired and, two generations on, rewritten for another version, by another
// writer than the one that published. A reader whose view is whole never sees the new one.
struct reclaim : rl::test_suite<reclaim, 3> {
  ts_pair live;
  ts_word entry, sequence, content;
  void before() {
    start(live, 1, 0);
    start(entry, 1);
    start(sequence, 0);
    start(content, 1);
  }
  void flip(uint32_t generation) {
    ts_staging_offer(&live, generation);
    ts_staging_publish(&live, generation);
  }
  void thread(unsigned index) {
    if (index == 0) {
      flip(2);
      flip(3);
    } else if (index == 1) {
      if (ts_generation_load(&live) < 3) return;
      uint32_t odd = ts_rewrite_begin(&sequence);
      ts_store_relaxed(&content, 9);
      ts_rewrite_end(&sequence, odd);
    } else {
      uint32_t viewed = ts_generation_load(&live);
      if (viewed != 1 || ts_bank_load(&entry) != 1) return;
      uint32_t before = ts_look_begin(&sequence), seen = ts_load_relaxed(&content);
      if (ts_look_was_whole(&sequence, before) && ts_view_is_whole(&live, viewed)) RL_ASSERT(seen == 1);
    }
  }
};

// One thread stages, two publish the same generation: one succeeds. What it shows was staged by
// another thread.
struct publish : rl::test_suite<publish, 3> {
  ts_pair live;
  ts_word entry;
  rl::atomic<uint32_t> winners;
  void before() {
    start(live, 0, 0);
    start(entry, 0);
    start(winners, 0);
  }
  void thread(unsigned index) {
    if (index == 0) {
      ts_store_relaxed(&entry, 1);
      ts_staging_offer(&live, 1);
    }
    if (index < 2 && ts_pair_high_relaxed(&live) == 1 && ts_staging_publish(&live, 1))
      winners.fetch_add(index + 1, rl::mo_relaxed, RL_INFO);
    if (ts_generation_load(&live) == 1) RL_ASSERT(ts_load_relaxed(&entry) == 1);
  }
  void after() {
    uint32_t won = winners.load(rl::mo_relaxed, RL_INFO);
    RL_ASSERT(won == 1 || won == 2);
  }
};

// The leader of a swap writes the state of the new version and publishes what another staged:
// who sees the generation sees the state.
struct commit : rl::test_suite<commit, 2> {
  ts_pair live;
  rl::var<uint32_t> state;
  void before() {
    start(live, 0, 1);
    state(RL_INFO) = 0;
  }
  void thread(unsigned index) {
    if (index == 0) {
      state(RL_INFO) = 7;
      RL_ASSERT(ts_staging_publish(&live, 1));
    } else if (ts_generation_load(&live) == 1) {
      RL_ASSERT(uint32_t(state(RL_INFO)) == 7);
    }
  }
};

// A writer takes back what is staged, to fill the bank with something else, while another thread
// publishes it: one of the two comes first, and no half-filled bank is ever live.
struct restaging : rl::test_suite<restaging, 3> {
  ts_pair live;
  ts_word banks[3][2];
  void before() {
    start(live, 1, 2);
    for (auto &bank : banks)
      for (auto &entry : bank) start(entry, 1);
  }
  uint32_t hold() {
    for (;;) {
      uint32_t now = ts_generation_load(&live);
      if (ts_staging_hold(&live, now, ts_pair_high_relaxed(&live), 0)) return now;
    }
  }
  void thread(unsigned index) {
    if (index == 0) {
      uint32_t next = hold() + 1;
      for (auto &entry : banks[next % 3]) ts_bank_store(&entry, 5);
      RL_ASSERT(ts_staging_offer(&live, next));
    } else if (index == 1) {
      ts_staging_publish(&live, 2);
    } else {
      uint32_t viewed = ts_generation_load(&live);
      uint32_t a = ts_bank_load(&banks[viewed % 3][0]), b = ts_bank_load(&banks[viewed % 3][1]);
      if (ts_view_is_whole(&live, viewed)) RL_ASSERT(a == b);
    }
  }
};

// A participant joins, ticks and reads plain memory that a writer reuses once everybody is
// past the generation that showed it: the two never touch it at the same time.
struct participant : rl::test_suite<participant, 2> {
  ts_pair live;
  ts_word entry, slot;
  rl::var<uint32_t> record;
  void before() {
    start(live, 1, 0);
    start(entry, 1);
    start(slot, 0);
    record(RL_INFO) = 1;
  }
  void write() {
    ts_bank_store(&entry, 2);
    ts_staging_offer(&live, 2);
    ts_staging_publish(&live, 2);
    ts_participants_begin();
    if (ts_is_past(ts_participant_view(&slot, 2), 2)) record(RL_INFO) = 2;
  }
  // Only a view of the first generation shows the record.
  void tick() {
    uint32_t viewed = ts_participant_tick(&slot, &live);
    if (viewed == 1 && ts_bank_load(&entry) == 1) RL_ASSERT(uint32_t(record(RL_INFO)) == 1);
  }
  void thread(unsigned index) {
    if (index == 0) {
      write();
      return;
    }
    if (!ts_participant_join(&slot, &live)) return;
    tick();
    tick();
    RL_ASSERT(ts_participant_leave(&slot));
  }
};

// Of one that leaves and one that buries it, one lets go of the slot.
struct leaving : rl::test_suite<leaving, 2> {
  ts_word slot;
  rl::atomic<uint32_t> gone;
  void before() {
    start(slot, 4);
    start(gone, 0);
  }
  void thread(unsigned) {
    if (ts_participant_leave(&slot)) gone.fetch_add(1, rl::mo_relaxed, RL_INFO);
  }
  void after() {
    RL_ASSERT(gone.load(rl::mo_relaxed, RL_INFO) == 1);
  }
};

// Each member writes its part of the state; at the boundary one of them copies all of it, and
// moves it to where the new version has it. Afterwards they write on. The parts are plain memory.
struct snapshot : rl::test_suite<snapshot, 2> {
  static constexpr unsigned MEMBERS = 2;
  ts_word arrived[MEMBERS], leader, passed;
  rl::var<uint32_t> state[MEMBERS], copy[MEMBERS];
  void before() {
    start(leader, 0);
    start(passed, 0);
    for (auto &word : arrived) start(word, 0);
    for (auto &part : state) part(RL_INFO) = 0;
  }
  bool have_all_arrived() {
    for (auto &word : arrived)
      if (!ts_park_has_arrived(&word, 1)) return false;
    return true;
  }
  void lead() {
    for (unsigned i = 0; i < MEMBERS; i++) {
      copy[i](RL_INFO) = uint32_t(state[i](RL_INFO));
      state[i](RL_INFO) = 2;
    }
    ts_park_let_go(&passed, 1);
  }
  void thread(unsigned index) {
    state[index](RL_INFO) = 1;
    ts_park_arrive(&arrived[index], 1);
    while (!ts_park_may_go(&passed, 1)) {
      if (have_all_arrived() && ts_park_lead(&leader)) lead();
      else rl::yield(1, RL_INFO);
    }
    RL_ASSERT(uint32_t(state[index](RL_INFO)) == 2);
    state[index](RL_INFO) = 3;
  }
  void after() {
    for (auto &part : copy) RL_ASSERT(uint32_t(part(RL_INFO)) == 1);
  }
};

// Relacy replaces the allocator while it runs, so its output must not allocate.
struct nowhere : std::streambuf {
  int overflow(int character) override {
    return character;
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
  passed = passed && holds<column>("column");
  passed = passed && holds<growth>("growth");
  passed = passed && holds<generations>("generations");
  passed = passed && holds<reclaim>("reclaim");
  passed = passed && holds<publish>("publish");
  passed = passed && holds<commit>("commit");
  passed = passed && holds<restaging>("restaging");
  passed = passed && holds<participant>("participant");
  passed = passed && holds<leaving>("leaving");
  passed = passed && holds<snapshot>("snapshot");
  // Relacy leaves a failed execution half torn down: no destructor may run after it.
  std::cout.flush();
  std::_Exit(passed ? 0 : 1);
}
