/**
 * Names for what the rewrite puts into a module. They come from the letters of
 * Latin-1, so that V8 goes on keeping the text at one byte a character, and never
 * occur in the module itself.
 */
const LETTERS = [...'ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿªµº']

export class FreshNames {
  readonly #source: string
  readonly #taken = new Set<string>()

  constructor(source: string) {
    this.#source = source.includes('\\u') ? source + unescaped(source) : source
  }

  /** A name the module does not contain, of one letter nearly always. */
  next(): string {
    return this.like('')
  }

  /** A fresh name of the same length as `name`, where there is one; '' asks for the shortest. */
  like(name: string): string {
    const rest = name.slice(1)
    for (const letter of LETTERS) if (this.#take(letter + rest)) return letter + rest
    for (let n = 0; ; n++) if (this.#take(`${LETTERS[0]}${n}${rest}`)) return `${LETTERS[0]}${n}${rest}`
  }

  #take(name: string): boolean {
    if (this.#taken.has(name) || this.#source.includes(name)) return false
    this.#taken.add(name)
    return true
  }
}

/** The text with letters of Latin-1 for their escapes: a name may be written with some. */
const unescaped = (source: string): string =>
  source.replace(/\\u(?:\{0*([\da-f]{2})\}|00([\da-f]{2}))/gi, (_, braced?: string, plain?: string) =>
    String.fromCharCode(Number.parseInt(braced ?? plain!, 16)),
  )
