import { type BroadcastChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads'

/** Drains a channel without yielding, for as long as it is open. */
export function drain(
  channel: BroadcastChannel,
  take: (message: unknown) => void,
  isOpen: () => boolean,
): void {
  while (isOpen()) {
    // Node accepts a BroadcastChannel here; its types know only MessagePort.
    const received = receiveMessageOnPort(channel as unknown as MessagePort)
    if (!received) return
    take(received.message)
  }
}
