/**
 * Reads bytes from a connection, a little ahead, and converts them from and to text.
 *
 * @module
 */

/** How many bytes are buffered before reading ahead stops, so that back-pressure still reaches the peer. */
const MAX_BUFFERED = 256 * 1024;
const CHUNK = 64 * 1024;
const NOTHING = new Uint8Array(0);

/** Encodes one character per byte, as heads are defined (RFC 9112, section 2.2). */
export function latin1(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0xff) throw new RangeError(`Cannot write "${text[at]}" as one byte: encode the text first`);
    bytes[at] = code;
  }
  return bytes;
}

/** The inverse of {@linkcode latin1}; TextDecoder's "latin1" is windows-1252 and would change bytes. */
export function fromLatin1(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 8192) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 8192)));
  }
  return parts.join("");
}

/** Concatenates chunks. */
export function join(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Cuts bytes into pieces of varying sizes, from one byte to less than `most`. */
export function* piecesOf(bytes: Uint8Array, most: number): Generator<Uint8Array> {
  let size = 1;
  for (let at = 0; at < bytes.length; size = size * 3 % most) {
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

/** Returns the offset of the marker, or -1. */
function find(bytes: Uint8Array, marker: Uint8Array): number {
  for (
    let at = bytes.indexOf(marker[0] as number);
    at >= 0;
    at = bytes.indexOf(marker[0] as number, at + 1)
  ) {
    if (marker.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}

/** Writes all bytes, where `Deno.Conn.write` may write only some. A string is written as Latin-1. */
export async function writeAll(conn: Pick<Deno.Conn, "write">, data: string | Uint8Array): Promise<void> {
  let rest = typeof data === "string" ? latin1(data) : data;
  while (rest.length > 0) rest = rest.subarray(await conn.write(rest));
}

/**
 * Reads a connection in the background, so that its end is noticed at once even while nobody reads.
 * One consumer at a time.
 */
export class ByteSource {
  /** Resolves when the peer has closed or reset the connection, or it was closed on this side. */
  readonly ended: Promise<void>;
  #over = false;
  #failure: unknown;
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  #arrival = Promise.withResolvers<void>();
  #room = Promise.withResolvers<void>();
  #tap: Uint8Array[] | undefined;

  constructor(conn: Pick<Deno.Conn, "read">) {
    this.ended = this.#pump(conn);
  }

  /** What broke the connection, such as a reset; undefined while it is open and after an orderly end. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Reads some bytes as they arrived, at most `most`; null at the end. */
  async read(most = Infinity): Promise<Uint8Array | null> {
    while (this.#chunks.length === 0) if (!(await this.#more())) return null;
    const first = this.#chunks[0] as Uint8Array;
    return this.#take(Math.min(first.length, most));
  }

  /** Reads exactly `count` bytes, or fewer if the connection ended. */
  async readBytes(count: number): Promise<Uint8Array> {
    while (this.#buffered < count) if (!(await this.#more())) break;
    return this.#take(Math.min(count, this.#buffered));
  }

  /** Reads up to and including the marker; undefined if the connection ended before it. */
  async readUntil(marker: string): Promise<string | undefined> {
    const wanted = latin1(marker);
    for (;;) {
      // It is usually in the first chunk; joining the rest for each line of a large body would cost far more.
      let at = find(this.#chunks[0] ?? NOTHING, wanted);
      if (at < 0 && this.#chunks.length > 1) at = find(this.#joined(), wanted);
      if (at >= 0) return fromLatin1(this.#take(at + wanted.length));
      if (!(await this.#more())) return undefined;
    }
  }

  /** Reads up to the end. */
  async readToEnd(): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let part = await this.read(); part; part = await this.read()) parts.push(part);
    return join(parts);
  }

  /** Drops buffered bytes: with a full buffer, the end would not be noticed. */
  discard(): void {
    this.#chunks = [];
    this.#buffered = 0;
    this.#room.resolve();
  }

  /** Returns the buffered bytes as Latin-1 without consuming them. */
  peek(): string {
    return fromLatin1(this.#joined());
  }

  /** Starts to copy consumed bytes into the returned list. */
  tap(): Uint8Array[] {
    return this.#tap ??= [];
  }

  /** Stops the copying that {@linkcode tap} started. */
  untap(): void {
    this.#tap = undefined;
  }

  #joined(): Uint8Array {
    if (this.#chunks.length > 1) this.#chunks = [join(this.#chunks)];
    return this.#chunks[0] ?? NOTHING;
  }

  #take(count: number): Uint8Array {
    const first = this.#chunks[0];
    if (count === 0 || first === undefined) return NOTHING;
    const whole = first.length >= count ? first : join(this.#chunks);
    this.#chunks = whole === first ? this.#chunks.slice(1) : [];
    if (whole.length > count) this.#chunks.unshift(whole.subarray(count));
    this.#buffered -= count;
    this.#room.resolve();
    const taken = whole.subarray(0, count);
    this.#tap?.push(taken);
    return taken;
  }

  /** Waits for more bytes; false at the end. */
  async #more(): Promise<boolean> {
    const before = this.#buffered;
    if (this.#over) return false;
    this.#arrival = Promise.withResolvers();
    // A reader that wants more than the buffer holds must not wait forever.
    this.#room.resolve();
    await this.#arrival.promise;
    return this.#buffered > before;
  }

  async #pump(conn: Pick<Deno.Conn, "read">): Promise<void> {
    const buffer = new Uint8Array(CHUNK);
    try {
      for (;;) {
        const count = await conn.read(buffer);
        if (count === null) break;
        this.#chunks.push(buffer.slice(0, count));
        this.#buffered += count;
        this.#room = Promise.withResolvers();
        this.#arrival.resolve();
        if (this.#buffered >= MAX_BUFFERED) await this.#room.promise;
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#over = true;
    this.#arrival.resolve();
  }
}
