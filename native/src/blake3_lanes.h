/*
 * The compression function for LANES inputs side by side, one in each lane of a vector. Included once for
 * each width, with LANES, TARGET (which instructions may be used) and NAME (what the width's names begin
 * with) defined.
 */
#define QUADS (LANES / 4)

typedef uint32_t NAME(vector) __attribute__((vector_size(LANES * 4)));

/* A block of every input, as vectors of its words; written four words of four inputs at a time. */
typedef union {
  NAME(vector) word[16];
  quad part[16][QUADS];
} NAME(block);

#define VECTOR(number) ((NAME(vector)){0} + (number))

#define MIX(a, b, c, d, x, y)                                                                                \
  v[a] = v[a] + (x) + v[b];                                                                                  \
  v[d] = ROTATE(v[d] ^ v[a], 16);                                                                            \
  v[c] += v[d];                                                                                              \
  v[b] = ROTATE(v[b] ^ v[c], 12);                                                                            \
  v[a] = v[a] + (y) + v[b];                                                                                  \
  v[d] = ROTATE(v[d] ^ v[a], 8);                                                                             \
  v[c] += v[d];                                                                                              \
  v[b] = ROTATE(v[b] ^ v[c], 7)

#if LANES == 16
#define ZIP(a, b, ...) SHUFFLE_IN(NAME(vector), a, b, __VA_ARGS__)
/* Of every four words the first two, or the last two, of both in turn; pairs of words in the same way. */
#define LOW_WORDS(a, b) ZIP(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define HIGH_WORDS(a, b) ZIP(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
#define LOW_PAIRS(a, b) ZIP(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define HIGH_PAIRS(a, b) ZIP(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
/* The even, or the odd, fours of words of one, then those of the other. */
#define EVEN_FOURS(a, b) ZIP(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
#define ODD_FOURS(a, b) ZIP(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)

/* Rows and columns of 16 blocks change places: first within fours of inputs and words, then these fours. */
TARGET static inline void NAME(load)(NAME(block) * block, const struct job *jobs, size_t at) {
  NAME(vector) fours[4][4];
  for (size_t group = 0; group < QUADS; group++) {
    const struct job *job = &jobs[group * 4];
    NAME(vector) a, b, c, d;
    memcpy(&a, job[0].in + at, sizeof a);
    memcpy(&b, job[1].in + at, sizeof b);
    memcpy(&c, job[2].in + at, sizeof c);
    memcpy(&d, job[3].in + at, sizeof d);
    NAME(vector) ab = LOW_WORDS(a, b), cd = LOW_WORDS(c, d);
    NAME(vector) ef = HIGH_WORDS(a, b), gh = HIGH_WORDS(c, d);
    fours[0][group] = LOW_PAIRS(ab, cd);
    fours[1][group] = HIGH_PAIRS(ab, cd);
    fours[2][group] = LOW_PAIRS(ef, gh);
    fours[3][group] = HIGH_PAIRS(ef, gh);
  }
  for (size_t word = 0; word < 4; word++) {
    const NAME(vector) *four = fours[word];
    NAME(vector) a = EVEN_FOURS(four[0], four[1]), b = EVEN_FOURS(four[2], four[3]);
    NAME(vector) c = ODD_FOURS(four[0], four[1]), d = ODD_FOURS(four[2], four[3]);
    block->word[word] = EVEN_FOURS(a, b);
    block->word[4 + word] = EVEN_FOURS(c, d);
    block->word[8 + word] = ODD_FOURS(a, b);
    block->word[12 + word] = ODD_FOURS(c, d);
  }
}
#undef ZIP
#undef LOW_WORDS
#undef HIGH_WORDS
#undef LOW_PAIRS
#undef HIGH_PAIRS
#undef EVEN_FOURS
#undef ODD_FOURS
#else
/* Four words of four inputs are four vectors of a word each when rows and columns change places. */
TARGET static inline void NAME(load)(NAME(block) * block, const struct job *jobs, size_t at) {
  for (size_t group = 0; group < QUADS; group++) {
    const struct job *job = &jobs[group * 4];
    for (size_t word = 0; word < 16; word += 4) {
      quad a, b, c, d;
      memcpy(&a, job[0].in + at + word * 4, sizeof a);
      memcpy(&b, job[1].in + at + word * 4, sizeof b);
      memcpy(&c, job[2].in + at + word * 4, sizeof c);
      memcpy(&d, job[3].in + at + word * 4, sizeof d);
      quad ab = SHUFFLE(a, b, 0, 4, 1, 5), cd = SHUFFLE(c, d, 0, 4, 1, 5);
      quad ef = SHUFFLE(a, b, 2, 6, 3, 7), gh = SHUFFLE(c, d, 2, 6, 3, 7);
      block->part[word][group] = SHUFFLE(ab, cd, 0, 1, 4, 5);
      block->part[word + 1][group] = SHUFFLE(ab, cd, 2, 3, 6, 7);
      block->part[word + 2][group] = SHUFFLE(ef, gh, 0, 1, 4, 5);
      block->part[word + 3][group] = SHUFFLE(ef, gh, 2, 3, 6, 7);
    }
  }
}
#endif

/* Takes LANES jobs of the same shape to their chaining values. All is read before anything is written. */
TARGET static void NAME(compress)(const struct job *jobs, const struct shape *shape) {
  union {
    NAME(vector) all;
    uint32_t lane[LANES];
  } low, high, last;
  for (size_t i = 0; i < LANES; i++) {
    low.lane[i] = (uint32_t)jobs[i].counter;
    high.lane[i] = (uint32_t)(jobs[i].counter >> 32);
    last.lane[i] = jobs[i].last_flags;
  }
  NAME(vector) state[8];
  for (size_t i = 0; i < 8; i++) state[i] = VECTOR(IV[i]);
  uint32_t flags = shape->flags | shape->first_flags;
  for (size_t number = 0; number < shape->blocks; number++) {
    NAME(block) block;
    NAME(load)(&block, jobs, number * BLOCK_BYTES);
    const NAME(vector) *m = block.word;
    NAME(vector) v[16];
    for (size_t i = 0; i < 8; i++) v[i] = state[i];
    for (size_t i = 0; i < 4; i++) v[8 + i] = VECTOR(IV[i]);
    v[12] = low.all;
    v[13] = high.all;
    v[14] = VECTOR((uint32_t)BLOCK_BYTES);
    v[15] = number + 1 == shape->blocks ? last.all | flags : VECTOR(flags);
    UNROLL
    for (size_t round = 0; round < ROUNDS; round++) {
      const uint8_t *order = ORDER[round];
      MIX(0, 4, 8, 12, m[order[0]], m[order[1]]);
      MIX(1, 5, 9, 13, m[order[2]], m[order[3]]);
      MIX(2, 6, 10, 14, m[order[4]], m[order[5]]);
      MIX(3, 7, 11, 15, m[order[6]], m[order[7]]);
      MIX(0, 5, 10, 15, m[order[8]], m[order[9]]);
      MIX(1, 6, 11, 12, m[order[10]], m[order[11]]);
      MIX(2, 7, 8, 13, m[order[12]], m[order[13]]);
      MIX(3, 4, 9, 14, m[order[14]], m[order[15]]);
    }
    for (size_t i = 0; i < 8; i++) state[i] = v[i] ^ v[i + 8];
    flags = shape->flags;
  }
  union {
    NAME(vector) all;
    uint32_t lane[LANES];
  } word;
  for (size_t i = 0; i < 8; i++) {
    word.all = state[i];
    for (size_t lane = 0; lane < LANES; lane++) memcpy(jobs[lane].out + i * 4, &word.lane[lane], 4);
  }
}

#undef MIX
#undef VECTOR
#undef QUADS
#undef LANES
#undef TARGET
#undef NAME
