import { Counter, Gauge, type Registry } from 'prom-client'
import type { StoreStats } from '../store/store.ts'

const TIERS = ['hot', 'warm', 'cold'] as const

/** The store's metrics. Every one has a label, so that an engine without a store has no values for them. */
export class StoreMetrics {
  readonly #objects: Gauge
  readonly #bytes: Gauge
  readonly #unpacked: Gauge
  readonly #ratio: Gauge
  readonly #disk: Gauge
  readonly #entries: Gauge
  readonly #hits: Counter
  readonly #misses: Counter

  constructor(registry: Registry) {
    const options = (name: string, help: string, label: string) => {
      return { name: `tickswap_store_${name}`, help, labelNames: [label], registers: [registry] }
    }
    const gauge = (...about: Parameters<typeof options>) => new Gauge(options(...about))
    const counter = (...about: Parameters<typeof options>) => new Counter(options(...about))
    this.#objects = gauge('tier_objects', 'Objects in each tier of the store.', 'tier')
    this.#bytes = gauge('tier_bytes', 'Bytes in each tier, as they are packed there.', 'tier')
    this.#unpacked = gauge('tier_unpacked_bytes', 'The same, unpacked.', 'tier')
    this.#ratio = gauge('tier_ratio', 'Packed bytes to unpacked bytes of each tier.', 'tier')
    this.#disk = gauge('disk_bytes', 'Bytes of the store on disk.', 'backend')
    this.#entries = gauge('journal_entries', 'Entries of the journal.', 'backend')
    this.#hits = counter('tier_hits_total', 'Reads that found their object in a tier.', 'tier')
    this.#misses = counter('misses_total', 'Reads of objects that the store has not.', 'backend')
  }

  set({ backend, diskBytes, entries, misses, tiers }: StoreStats): void {
    this.#disk.set({ backend }, diskBytes)
    this.#entries.set({ backend }, entries)
    this.#misses.reset()
    this.#misses.inc({ backend }, misses)
    this.#hits.reset()
    for (const tier of TIERS) {
      const { objects, bytes, unpackedBytes, ratio, hits } = tiers[tier]
      this.#objects.set({ tier }, objects)
      this.#bytes.set({ tier }, bytes)
      this.#unpacked.set({ tier }, unpackedBytes)
      this.#ratio.set({ tier }, ratio)
      this.#hits.inc({ tier }, hits)
    }
  }
}
