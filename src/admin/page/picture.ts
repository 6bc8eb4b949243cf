import { token } from './api.ts'
import { byId, isCalm } from './dom.ts'

const EVERY_MS = 100

/** Shows what the engine paints, when it paints something. */
export async function showPicture(): Promise<void> {
  const response = await fetch('/api/picture', { headers: token() }).catch(() => undefined)
  if (response?.status === 204) return
  if (response?.ok) await draw(response)
  setTimeout(
    () => void showPicture(),
    document.hidden || isCalm() || !response?.ok ? EVERY_MS * 10 : EVERY_MS,
  )
}

async function draw(response: Response): Promise<void> {
  const [width, height] = ['x-width', 'x-height'].map((name) => Number(response.headers.get(name)))
  const pixels = new Uint8ClampedArray(await response.arrayBuffer())
  const canvas = byId<HTMLCanvasElement>('picture')
  if (canvas.width !== width) [canvas.width, canvas.height] = [width!, height!]
  canvas.getContext('2d')!.putImageData(new ImageData(pixels, width!, height!), 0, 0)
  byId('picture-section').hidden = false
}
