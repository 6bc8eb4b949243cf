import { trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { expect, onTestFinished, test } from 'vitest'
import { clock, serve } from './engine.ts'

test('with OpenTelemetry set up each swap is a span with its phases; without, nothing', async () => {
  const exporter = new InMemorySpanExporter()
  const engine = await serve({ admin: false, probation: { ticks: 2 } })
  const swapped = (outcome: 'permanent' | 'rollback') =>
    new Promise((resolve) => engine.runtime.on(outcome, resolve))
  const first = swapped('permanent')
  engine.save(clock('1.1.0'))
  await first
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  )
  onTestFinished(() => trace.disable())
  const second = swapped('rollback')
  engine.save(clock('1.2.0', 1, "throw new Error('bad')"))
  await second
  await engine.until(
    () => exporter.getFinishedSpans().some(({ name }) => name === 'tickswap.swap'),
    'the span',
  )
  const spans = exporter.getFinishedSpans()
  const [swap, ...others] = spans.filter(({ name }) => name === 'tickswap.swap')
  expect(others).toEqual([])
  expect(swap!.attributes).toMatchObject({
    'tickswap.swap.outcome': 'rolled-back',
    'tickswap.swap.units': ['clock 1.1.0 -> 1.2.0'],
  })
  expect(swap!.events[0]!.attributes!['tickswap.code']).toBe('TICKSWAP_E_PROBATION_EXCEPTION')
  const phases = spans.filter(({ name }) => name !== 'tickswap.swap')
  expect(phases.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['tickswap.stage', 'tickswap.commit']),
  )
  for (const { parentSpanContext } of phases)
    expect(parentSpanContext?.spanId).toBe(swap!.spanContext().spanId)
})
