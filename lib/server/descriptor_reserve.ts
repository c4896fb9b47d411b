/** Who file descriptors are held for: connections to upstreams and files, or the operator alone. */
export type ReservePart = "service" | "operator";

const PARTS: readonly ReservePart[] = ["operator", "service"];

/** How many descriptors are held. */
const SIZES: Readonly<Record<ReservePart, number>> = { service: 112, operator: 16 };

/** How many more must be free before a part that was released is held again, or it would soon be released again. */
const MARGIN = 64;

/** The error codes for too many open files, of the process and of the system. */
const OUT_OF_DESCRIPTORS: ReadonlySet<unknown> = new Set(["EMFILE", "ENFILE"]);

/**
 * File descriptors that are held in reserve, by opening a file. They are released when a connection can't be accepted
 * for want of one, so that those already connected can still be served, and the operator can see what is going on.
 */
export class DescriptorReserve {
  readonly #path: string;
  readonly #held: Record<ReservePart, Deno.FsFile[]> = { service: [], operator: [] };
  /** How many are held of each part, unless it is released. */
  readonly #sizes: Record<ReservePart, number> = { ...SIZES };
  readonly #released = new Set<ReservePart>();

  /** @param path A file that the process may read. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Holds all of it, or a part if the process may open few files. */
  fill(): void {
    if (PARTS.every((part) => this.#open(this.#held[part], SIZES[part]))) return;
    // The process may open only a few files, and needs most of them.
    for (const part of PARTS) {
      this.#sizes[part] = Math.floor(this.#held[part].length / 4);
      close(this.#held[part].splice(this.#sizes[part]));
    }
  }

  /** Whether the operator's part is held. Otherwise the service must not open connections of its own. */
  get spares(): boolean {
    return !this.#released.has("operator");
  }

  /** Releases a part. */
  release(part: ReservePart): void {
    this.#released.add(part);
    close(this.#held[part].splice(0));
  }

  /** Holds what was released, if that leaves enough descriptors free. @returns Whether it does. */
  refill(): boolean {
    const margin: Deno.FsFile[] = [];
    const enough = PARTS.every((part) => this.#open(this.#held[part], this.#sizes[part])) &&
      this.#open(margin, Math.min(MARGIN, this.#sizes.service));
    close(margin);
    if (enough) this.#released.clear();
    else for (const part of this.#released) this.release(part);
    return enough;
  }

  /** Opens files up to a number. @returns Whether there were enough descriptors. */
  #open(files: Deno.FsFile[], size: number): boolean {
    try {
      while (files.length < size) files.push(Deno.openSync(this.#path));
      return true;
    } catch (error) {
      // Where the file is gone, nothing can be held. The service goes on without.
      return !(error instanceof Error && "code" in error && OUT_OF_DESCRIPTORS.has(error.code));
    }
  }
}

function close(files: readonly Deno.FsFile[]): void {
  for (const file of files) file.close();
}
