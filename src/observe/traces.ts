import type { Span, Tracer } from '@opentelemetry/api'
import { PHASES, type SwapReport } from '../swap/report.ts'
import { packageVersion } from '../version/package-version.ts'

/** Where @opentelemetry/api keeps what the application has set up; its major version is part of the name. */
const API = Symbol.for('opentelemetry.js.api.1')

/**
 * A span for a swap that is over, with one for each of its phases, through the application's own
 * OpenTelemetry; nothing at all when the application has none.
 * Spans are made afterwards, with the instants of the report: nothing is traced while it happens.
 */
export async function traceSwap(report: SwapReport): Promise<void> {
  if (report.outcome === 'committed' || !isSetUp()) return
  const { trace, context, SpanStatusCode } = await import('@opentelemetry/api')
  const tracer = trace.getTracer('tickswap', packageVersion())
  const span = tracer.startSpan('tickswap.swap', { startTime: report.at, attributes: attributesOf(report) })
  for (const { code, message } of report.findings)
    span.addEvent('finding', { 'tickswap.code': code, 'tickswap.message': message }, report.at)
  const isError = report.outcome === 'rolled-back' || report.outcome === 'reversed'
  if (isError) span.setStatus({ code: SpanStatusCode.ERROR, message: report.outcome })
  const end = addPhases(tracer, trace.setSpan(context.active(), span), report)
  span.end(end)
}

function isSetUp(): boolean {
  const api = (globalThis as Record<symbol, unknown>)[API] as { trace?: unknown } | undefined
  return api?.trace !== undefined
}

function attributesOf({ id, trigger, outcome, verdict, units, stallMs, participants }: SwapReport) {
  return {
    'tickswap.swap.id': id,
    'tickswap.swap.trigger': trigger,
    'tickswap.swap.outcome': outcome,
    'tickswap.swap.verdict': verdict,
    'tickswap.swap.stall_ms': stallMs,
    'tickswap.swap.units': units.map(({ unit, from, to }) => `${unit} ${from} -> ${to}`),
    'tickswap.swap.participants': participants.length,
  }
}

/** One after the other, as they happened. @returns when the last was over, epoch milliseconds */
function addPhases(tracer: Tracer, parent: Parameters<Tracer['startSpan']>[2], report: SwapReport): number {
  let at = report.at
  for (const phase of PHASES) {
    const time = report.phases[phase]
    if (time === undefined) continue
    const span: Span = tracer.startSpan(`tickswap.${phase}`, { startTime: at }, parent)
    at += time
    span.end(at)
  }
  return at
}
