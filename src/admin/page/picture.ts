import { token } from './api.ts'
import { byId, isCalm } from './dom.ts'

const EVERY_MS = 100

/** Shows what the engine paints, when it paints something. */
export async function showPicture(): Promise<void> {
  const response = await fetch('/api/picture', { headers: token() }).catch(() => undefined)
  if (response?.status === 204) return
  // A connection that is lost in the middle of a picture is the same as none.
  const isShown = response?.ok ? await draw(response).catch(() => false) : false
  setTimeout(() => void showPicture(), document.hidden || isCalm() || !isShown ? EVERY_MS * 10 : EVERY_MS)
}

async function draw(response: Response): Promise<boolean> {
  const [width, height] = ['x-width', 'x-height'].map((name) => Number(response.headers.get(name)))
  const pixels = new Uint8ClampedArray(await response.arrayBuffer())
  const canvas = byId<HTMLCanvasElement>('picture')
  if (canvas.width !== width) [canvas.width, canvas.height] = [width!, height!]
  canvas.getContext('2d')!.putImageData(new ImageData(pixels, width!, height!), 0, 0)
  byId('picture-section').hidden = false
  return true
}
