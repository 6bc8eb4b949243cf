/*
 * BLAKE3. An input is cut into chunks of 1 KB, which are hashed independently of each other and joined two by
 * two up to a root. So chunks, of one input or of many, are hashed side by side in the lanes of vectors, as
 * wide as the machine has them, and so are the nodes of one level.
 */
#include "tickswap/blake3.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "bytes.h"

enum {
  BLOCK_BYTES = 64,
  CHUNK_BYTES = 1024,
  CHUNK_BLOCKS = CHUNK_BYTES / BLOCK_BYTES,
  ROUNDS = 7,
  MOST_LANES = 16,
  /* chunks whose chaining values are kept at a time */
  GROUP_CHUNKS = 64,
  GROUP_BYTES = GROUP_CHUNKS * CHUNK_BYTES,
  /* what is larger is worth a group of its own */
  SMALL_BYTES = 16 * CHUNK_BYTES,
  VALUE_BYTES = TS_BLAKE3_BYTES
};

/* What a block is to the whole, as the paper numbers it. */
enum { CHUNK_START = 1, CHUNK_END = 2, PARENT = 4, ROOT = 8 };

static const uint32_t IV[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                               0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/* The words of a block in the order in which each round takes them: every row is the one before, permuted. */
static const uint8_t ORDER[ROUNDS][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8},
    {3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1},
    {10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6},
    {12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4},
    {9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7},
    {11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13},
};

/* Blocks that lead to one chaining value: a whole chunk, or the two values of a node's children. */
struct job {
  const uint8_t *in;
  uint8_t *out;
  uint64_t counter;
  /* of its last block, besides those of its shape */
  uint32_t last_flags;
};

/* What jobs that are done side by side have in common. */
struct shape {
  size_t blocks;
  uint32_t first_flags;
  uint32_t flags;
};

static const struct shape CHUNK = {CHUNK_BLOCKS, CHUNK_START, 0};
static const struct shape NODE = {1, 0, PARENT};

/* ---- one at a time ---- */

static uint32_t rotate(uint32_t word, int bits) {
  return word >> bits | word << (32 - bits);
}

static void mix(uint32_t *v, int a, int b, int c, int d, uint32_t x, uint32_t y) {
  v[a] += v[b] + x;
  v[d] = rotate(v[d] ^ v[a], 16);
  v[c] += v[d];
  v[b] = rotate(v[b] ^ v[c], 12);
  v[a] += v[b] + y;
  v[d] = rotate(v[d] ^ v[a], 8);
  v[c] += v[d];
  v[b] = rotate(v[b] ^ v[c], 7);
}

static void compress(uint32_t *state, const uint8_t *block, uint64_t counter, uint32_t bytes,
                     uint32_t flags) {
  uint32_t m[16], v[16];
  for (int i = 0; i < 16; i++) m[i] = ts_read32(block + i * 4);
  for (int i = 0; i < 8; i++) v[i] = state[i];
  for (int i = 0; i < 4; i++) v[8 + i] = IV[i];
  v[12] = (uint32_t)counter;
  v[13] = (uint32_t)(counter >> 32);
  v[14] = bytes;
  v[15] = flags;
  for (int round = 0; round < ROUNDS; round++) {
    const uint8_t *order = ORDER[round];
    for (int i = 0; i < 4; i++) mix(v, i, 4 + i, 8 + i, 12 + i, m[order[2 * i]], m[order[2 * i + 1]]);
    for (int i = 0; i < 4; i++)
      mix(v, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4, m[order[8 + 2 * i]], m[order[9 + 2 * i]]);
  }
  for (int i = 0; i < 8; i++) state[i] = v[i] ^ v[i + 8];
}

static void write_value(const uint32_t *state, uint8_t *out) {
  memcpy(out, state, VALUE_BYTES);
}

/* A chunk that is not full, or the only one. */
static void hash_chunk(const uint8_t *in, size_t bytes, uint64_t counter, uint32_t last_flags, uint8_t *out) {
  uint32_t state[8], flags = CHUNK_START;
  memcpy(state, IV, sizeof state);
  while (bytes > BLOCK_BYTES) {
    compress(state, in, counter, BLOCK_BYTES, flags);
    in += BLOCK_BYTES;
    bytes -= BLOCK_BYTES;
    flags = 0;
  }
  uint8_t last[BLOCK_BYTES] = {0};
  if (bytes > 0) memcpy(last, in, bytes);
  compress(state, last, counter, (uint32_t)bytes, flags | CHUNK_END | last_flags);
  write_value(state, out);
}

static void hash_node(const uint8_t *children, uint32_t last_flags, uint8_t *out) {
  uint32_t state[8];
  memcpy(state, IV, sizeof state);
  compress(state, children, 0, BLOCK_BYTES, PARENT | last_flags);
  write_value(state, out);
}

/* ---- side by side ---- */

typedef uint32_t quad __attribute__((vector_size(16)));

#define ROTATE(words, bits) ((words) >> (bits) | (words) << (32 - (bits)))
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 7")
#endif
#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE_IN(type, a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE_IN(type, a, b, ...) __builtin_shuffle(a, b, (type){__VA_ARGS__})
#endif
#define SHUFFLE(a, b, ...) SHUFFLE_IN(quad, a, b, __VA_ARGS__)

#define LANES 4
#define TARGET
#define NAME(name) name##_4
#include "blake3_lanes.h"

#if defined(__x86_64__)
#define LANES 4
#define TARGET __attribute__((target("avx512f,avx512vl")))
#define NAME(name) name##_4_avx512
#include "blake3_lanes.h"

#define LANES 8
#define TARGET __attribute__((target("avx2")))
#define NAME(name) name##_8_avx2
#include "blake3_lanes.h"

#define LANES 8
#define TARGET __attribute__((target("avx512f,avx512vl")))
#define NAME(name) name##_8_avx512
#include "blake3_lanes.h"

#define LANES 16
#define TARGET __attribute__((target("avx512f,avx512vl")))
#define NAME(name) name##_16_avx512
#include "blake3_lanes.h"

static int has_avx2(void) {
  return __builtin_cpu_supports("avx2");
}

static int has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl");
}
#endif

static int always(void) {
  return 1;
}

/* Of each number of lanes the best that the machine has comes first. */
static const struct width {
  size_t lanes;
  int (*runs_here)(void);
  void (*compress)(const struct job *jobs, const struct shape *shape);
} WIDTHS[] = {
#if defined(__x86_64__)
    {16, has_avx512, compress_16_avx512},
    {8, has_avx512, compress_8_avx512},
    {8, has_avx2, compress_8_avx2},
    {4, has_avx512, compress_4_avx512},
#endif
    {4, always, compress_4},
};

enum { WIDTH_COUNT = sizeof WIDTHS / sizeof WIDTHS[0] };

static _Atomic size_t most_lanes = MOST_LANES;

size_t ts_blake3_limit_lanes(size_t most) {
  size_t lanes = 1;
  atomic_store_explicit(&most_lanes, most, memory_order_relaxed);
  for (size_t i = 0; i < WIDTH_COUNT; i++)
    if (WIDTHS[i].lanes <= most && WIDTHS[i].lanes > lanes && WIDTHS[i].runs_here()) lanes = WIDTHS[i].lanes;
  return lanes;
}

/* The narrowest that takes all `count` in one go, or the widest there is; null for one at a time. */
static const struct width *width_for(size_t count) {
  const struct width *best = NULL;
  size_t most = atomic_load_explicit(&most_lanes, memory_order_relaxed);
  for (size_t i = 0; i < WIDTH_COUNT; i++) {
    const struct width *it = &WIDTHS[i];
    if (it->lanes > most || !it->runs_here()) continue;
    if (best == NULL || (it->lanes < best->lanes && it->lanes >= count)) best = it;
  }
  return best;
}

static void do_one(const struct job *job, const struct shape *shape) {
  if (shape->blocks == 1) hash_node(job->in, job->last_flags, job->out);
  else hash_chunk(job->in, CHUNK_BYTES, job->counter, job->last_flags, job->out);
}

/* Lanes that are left over do the last job once more, for nobody. */
static void do_jobs(const struct job *jobs, size_t count, const struct shape *shape) {
  while (count > 0) {
    const struct width *width = count > 1 ? width_for(count) : NULL;
    if (width == NULL) {
      do_one(jobs++, shape);
      count--;
    } else if (count >= width->lanes) {
      width->compress(jobs, shape);
      jobs += width->lanes;
      count -= width->lanes;
    } else {
      struct job padded[MOST_LANES];
      uint8_t nobody[VALUE_BYTES];
      memcpy(padded, jobs, count * sizeof *jobs);
      for (size_t i = count; i < width->lanes; i++) {
        padded[i] = jobs[count - 1];
        padded[i].out = nobody;
      }
      width->compress(padded, shape);
      count = 0;
    }
  }
}

/* Jobs are done when enough have come together. */
struct queue {
  const struct shape *shape;
  size_t count;
  struct job jobs[MOST_LANES];
};

static void flush(struct queue *queue) {
  do_jobs(queue->jobs, queue->count, queue->shape);
  queue->count = 0;
}

static void push(struct queue *queue, struct job job) {
  queue->jobs[queue->count++] = job;
  if (queue->count == MOST_LANES) flush(queue);
}

/* ---- trees ---- */

/* An input, or a part of one that is a subtree. */
struct tree {
  const uint8_t *in;
  size_t bytes;
  /* the number of its first chunk in the input */
  uint64_t counter;
  /* ROOT for a whole input, otherwise 0 */
  uint32_t root;
  uint8_t *out;
  /* the chaining values of the level that has been reached */
  uint8_t *values;
  size_t count;
};

static size_t chunks_in(size_t bytes) {
  return bytes <= CHUNK_BYTES ? 1 : (bytes - 1) / CHUNK_BYTES + 1;
}

static void hash_chunks(struct tree *tree, struct queue *queue) {
  uint32_t last_flags = tree->count == 1 ? tree->root : 0;
  for (size_t i = 0; i < tree->count; i++) {
    uint8_t *out = tree->count == 1 ? tree->out : tree->values + i * VALUE_BYTES;
    const uint8_t *in = tree->bytes == 0 ? NULL : tree->in + i * CHUNK_BYTES;
    size_t bytes = tree->bytes - i * CHUNK_BYTES;
    if (bytes >= CHUNK_BYTES) push(queue, (struct job){in, out, tree->counter + i, CHUNK_END | last_flags});
    else hash_chunk(in, bytes, tree->counter + i, last_flags, out);
  }
}

/* Joins the values of a level two by two; an odd one is of the next level as it is. In place: see compress.
 */
static void join_level(struct tree *trees, size_t count, struct queue *queue) {
  for (size_t i = 0; i < count; i++) {
    struct tree *tree = &trees[i];
    for (size_t pair = 0; pair < tree->count / 2; pair++) {
      uint8_t *out = tree->count == 2 ? tree->out : tree->values + pair * VALUE_BYTES;
      push(queue, (struct job){tree->values + pair * BLOCK_BYTES, out, 0, tree->count == 2 ? tree->root : 0});
    }
  }
  flush(queue);
  for (size_t i = 0; i < count; i++) {
    struct tree *tree = &trees[i];
    size_t pairs = tree->count / 2;
    if (tree->count % 2 != 0 && pairs > 0)
      memcpy(tree->values + pairs * VALUE_BYTES, tree->values + (tree->count - 1) * VALUE_BYTES, VALUE_BYTES);
    tree->count -= pairs;
  }
}

/* Trees of GROUP_CHUNKS chunks in all at most, side by side. */
static void hash_trees(struct tree *trees, size_t count) {
  uint8_t values[GROUP_CHUNKS * VALUE_BYTES];
  size_t used = 0, most = 0;
  struct queue queue = {.shape = &CHUNK};
  for (size_t i = 0; i < count; i++) {
    trees[i].count = chunks_in(trees[i].bytes);
    trees[i].values = values + used * VALUE_BYTES;
    used += trees[i].count;
    if (trees[i].count > most) most = trees[i].count;
    hash_chunks(&trees[i], &queue);
  }
  flush(&queue);
  queue.shape = &NODE;
  for (; most > 1; most -= most / 2) join_level(trees, count, &queue);
}

/* The left part of an input is the largest power of two of chunks that leaves something for the right one. */
static void hash_tree(const uint8_t *in, size_t bytes, uint64_t counter, uint32_t root, uint8_t *out) {
  if (bytes <= GROUP_BYTES) {
    struct tree tree = {.in = in, .bytes = bytes, .counter = counter, .root = root, .out = out};
    hash_trees(&tree, 1);
    return;
  }
  size_t left = GROUP_BYTES;
  while (left < bytes - left) left *= 2;
  uint8_t children[2 * VALUE_BYTES];
  hash_tree(in, left, counter, 0, children);
  hash_tree(in + left, bytes - left, counter + left / CHUNK_BYTES, 0, children + VALUE_BYTES);
  hash_node(children, root, out);
}

void ts_blake3(const void *data, size_t bytes, uint8_t *out) {
  hash_tree(data, bytes, 0, ROOT, out);
}

void ts_blake3_many(const uint8_t *const *data, const size_t *bytes, size_t count, uint8_t *out) {
  struct tree trees[GROUP_CHUNKS];
  size_t waiting = 0, chunks = 0;
  for (size_t i = 0; i < count; i++) {
    uint8_t *value = out + i * VALUE_BYTES;
    if (bytes[i] > SMALL_BYTES) {
      ts_blake3(data[i], bytes[i], value);
      continue;
    }
    if (chunks + chunks_in(bytes[i]) > GROUP_CHUNKS) {
      hash_trees(trees, waiting);
      waiting = chunks = 0;
    }
    trees[waiting++] = (struct tree){.in = data[i], .bytes = bytes[i], .root = ROOT, .out = value};
    chunks += chunks_in(bytes[i]);
  }
  if (waiting > 0) hash_trees(trees, waiting);
}
