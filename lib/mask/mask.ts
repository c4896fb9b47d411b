import { decodeLatin1, encodeLatin1 } from "../core/latin1.ts";
import { type Content, contentOf, contentOfText } from "./content.ts";
import { decodedRuns } from "./decoded_runs.ts";
import type { Form, Match } from "./form.ts";
import { type MaskedSecret, secretForms } from "./forms.ts";
import { matchAfter, matchAround, matchBefore } from "./match_form.ts";
import { type Region, regionsOf } from "./regions.ts";
import { type Alphabet, alphabetOf, USUAL } from "./run_alphabet.ts";
import { placesOf, type Tally } from "./tally.ts";
import { WindowIndex } from "./window_index.ts";
import { regionLength, type Sampling } from "./window_slots.ts";

const STAR = 0x2a;

/** What a region belongs to. */
interface Owner {
  readonly form: Form;
  readonly place: Region["place"];
  readonly index: WindowIndex<Owner>;
  /** The region's number in the index. */
  number: number;
}

/** The indexes of secrets of similar length. Longer ones are found by fewer samples. */
interface LengthClass {
  /** The minimum length of the secrets, in bytes. */
  readonly minLength: number;
  readonly sampling: Sampling;
}

/** For each, every form is as long as a region, and nearly every base64 form as long as two. */
const LENGTH_CLASSES: readonly LengthClass[] = [
  { minLength: 28, sampling: { window: 8, step: 16 } },
  { minLength: 22, sampling: { window: 8, step: 8 } },
  { minLength: 8, sampling: { window: 4, step: 4 } },
];

/** An index of the secrets of a length class. */
interface SizedIndex {
  readonly minLength: number;
  /** The length of its regions, in bytes. */
  readonly length: number;
  readonly index: WindowIndex<Owner>;
}

/** A secret of the mask. */
interface Entry {
  readonly regions: readonly Owner[];
  readonly length: number;
  readonly alphabet: Alphabet;
}

/**
 * A mask that overwrites every form of its secrets with `*`, byte for byte. Lengths and offsets stay the same, so nothing
 * else in a message has to be adjusted.
 *
 * Its work does not depend on the secrets, except where all of a form's bytes stand (see {@linkcode WindowIndex}). The
 * tables keep the secrets in private fields, which are never printed.
 */
export class Mask {
  readonly #indexes: readonly SizedIndex[] = LENGTH_CLASSES.map(({ minLength, sampling }) => ({
    minLength,
    length: regionLength(sampling),
    index: new WindowIndex<Owner>(sampling),
  }));
  readonly #entries = new Map<string, Entry>();
  /** Those that are not empty. */
  #used: readonly SizedIndex[] = [];
  #minLength = Infinity;
  #maxLength = 0;
  #alphabet = USUAL;

  /** Returns a mask of the secrets, or undefined if all of them are too short to be masked. */
  static of(secrets: readonly MaskedSecret[]): Mask | undefined {
    const mask = new Mask();
    mask.set(secrets);
    return mask.isEmpty ? undefined : mask;
  }

  /** Whether there is nothing to mask. */
  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** The number of bytes that any form may have, in steps, so that it tells nothing of the secrets' exact lengths. */
  get span(): number {
    return this.#maxLength;
  }

  /** The bytes that forms consist of. */
  get alphabet(): Alphabet {
    return this.#alphabet;
  }

  /** Replaces the secrets. Only those that are new or gone cost anything. */
  set(secrets: readonly MaskedSecret[]): void {
    const wanted = new Map(secrets.map((secret) => [keyOf(secret), secret]));
    for (const [key, entry] of this.#entries) {
      if (wanted.has(key)) continue;
      for (const owner of entry.regions) owner.index.delete(owner.number, owner);
      this.#entries.delete(key);
    }
    for (const [key, secret] of wanted) {
      if (this.#entries.has(key)) continue;
      const entry = this.#add(secret);
      if (entry !== undefined) this.#entries.set(key, entry);
    }
    for (const { index } of this.#indexes) index.place();
    this.#used = this.#indexes.filter(({ index }) => index.size > 0);
    this.#minLength = Infinity;
    this.#maxLength = 0;
    this.#alphabet = USUAL;
    for (const { length, alphabet } of this.#entries.values()) {
      this.#minLength = Math.min(this.#minLength, length);
      this.#maxLength = Math.max(this.#maxLength, spanOf(length));
      this.#alphabet = this.#alphabet.and(alphabet);
    }
  }

  #add(secret: MaskedSecret): Entry | undefined {
    const { length } = secret.text.reveal();
    const usual = this.#indexes.find(({ minLength }) => length >= minLength);
    if (usual === undefined) return undefined;
    const regions: Owner[] = [];
    for (const form of secretForms(secret)) {
      const { index, length: regionLength } = this.#indexFor(form, usual);
      for (const { bytes, place } of regionsOf(form, regionLength)) {
        const owner: Owner = { form, place, index, number: 0 };
        owner.number = index.add(bytes, owner);
        regions.push(owner);
      }
    }
    return { regions, length, alphabet: alphabetOf(secret.text.reveal()) };
  }

  /** Returns the index for a form: for a sparse one longer regions, since few of its bytes are soon guessed. */
  #indexFor(form: Form, usual: SizedIndex): SizedIndex {
    if (!form.isSparse) return usual;
    const [, second] = this.#indexes;
    return usual.length < second!.length && form.reveal().length >= second!.length ? second! : usual;
  }

  /** Masks complete content in place, and returns it. @param tally Counts what was masked. */
  maskBytes(bytes: Uint8Array<ArrayBuffer>, tally?: Tally): Uint8Array<ArrayBuffer> {
    return starred(bytes, this.find(bytes), tally);
  }

  /**
   * Returns a text with one byte per character, such as a field value, with its secrets masked.
   *
   * @param tally Counts what was masked.
   */
  maskText(text: string, tally?: Tally): string {
    if (!this.findsIn(text)) return text;
    const bytes = encodeLatin1(text);
    return decodeLatin1(starred(bytes, this.find(bytes), tally));
  }

  /** Reports whether any form stands in a text with one byte per character. */
  findsIn(text: string): boolean {
    return text.length >= this.#minLength && this.#find(contentOfText(text)).length > 0;
  }

  /** Returns where forms stand in content that is complete, or continues. They may overlap. */
  find(bytes: Uint8Array): readonly Match[] {
    return bytes.length < this.#minLength ? NO_MATCHES : this.#find(contentOf(bytes));
  }

  #find(content: Content): readonly Match[] {
    return this.#findDecoded(content, this.#findPlain(content), "twice");
  }

  /** Adds to `found` what stands in runs of content that are escaped throughout, once or twice. */
  #findDecoded(content: Content, found: readonly Match[], times: "once" | "twice"): readonly Match[] {
    for (const { bytes, offsets } of decodedRuns(content, this.#minLength)) {
      const decoded = { bytes, view: new DataView(bytes.buffer), length: bytes.length };
      const plain = this.#findPlain(decoded);
      const within = times === "twice" ? this.#findDecoded(decoded, plain, "once") : plain;
      found = found.concat(within.map(({ from, to }) => ({ from: offsets[from]!, to: offsets[to]! })));
    }
    return found;
  }

  #findPlain(content: Content): readonly Match[] {
    let found: Match[] | undefined;
    for (const sized of this.#used) {
      const { index } = sized;
      for (let first = 0; first < index.stride; first += index.step) {
        for (let at = index.find(content, first); at >= 0; at = index.find(content, at + index.stride)) {
          (found ??= []).push(...matchesAt(content, sized, at));
        }
      }
    }
    return found ?? NO_MATCHES;
  }
}

/** Yields the forms of which a region has a window at a position. */
function* matchesAt(content: Content, { index, length }: SizedIndex, at: number): Generator<Match> {
  const bytes = content.bytes.subarray(0, content.length);
  for (const { owner: { form, place }, at: begin } of index.regionsAt(content, at)) {
    const match = place === "end"
      ? matchBefore(form, bytes, begin + length)
      : place === "start"
      ? matchAfter(form, bytes, begin)
      : matchAround(form, bytes, { at: begin + length, index: place });
    if (match !== undefined) yield match;
  }
}

const NO_MATCHES: readonly Match[] = [];

function starred<Bytes extends Uint8Array>(
  bytes: Bytes,
  found: readonly Match[],
  tally: Tally | undefined,
): Bytes {
  for (const { from, to } of found) bytes.fill(STAR, from, to);
  if (tally !== undefined && found.length > 0) tally.masked += placesOf(found);
  return bytes;
}

/** The step in which spans grow, in bytes. */
const SPAN_STEP = 256;

/** Returns the number of bytes that the forms of a secret may have: those of base64 of base64, with every one escaped. */
function spanOf(length: number): number {
  return Math.ceil((length * 11 + 64) / SPAN_STEP) * SPAN_STEP;
}

function keyOf({ text, isBase64 = false }: MaskedSecret): string {
  return `${isBase64} ${text.reveal()}`;
}
