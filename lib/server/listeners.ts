import { errorText } from "../core/error_text.ts";
import { printError } from "../log/print.ts";
import type { DescriptorReserve, ReservePart } from "./descriptor_reserve.ts";

/** The pause before a listener is opened again, in milliseconds. */
const PAUSE_MS = 500;

/** After how many pauses in which all listeners stayed open the trouble counts as over. */
const SETTLED_PAUSES = 6;

/** How many servers whose listener was lost are kept, to be shut down in the end. */
const FORMER_LIMIT = 16;

/** The pause before each attempt to take an address again that was just given up, in milliseconds, and how many there are. */
const RENEWAL_PAUSE_MS = 5;
const RENEWAL_ATTEMPTS = 200;

/** A listener, which is opened again when accepting a connection fails. */
export class Listener<Address extends Deno.Addr = Deno.Addr> {
  /** The part of the reserve that its connections may use when there are no other descriptors. */
  readonly part: ReservePart;
  readonly #open: () => Deno.HttpServer<Address>;
  #current: Deno.HttpServer<Address>;
  /** Those that accept no more connections, but still serve some. */
  readonly #former: Deno.HttpServer<Address>[] = [];

  /** Opens it. @throws If that fails. */
  constructor(part: ReservePart, open: () => Deno.HttpServer<Address>) {
    this.part = part;
    this.#open = open;
    this.#current = open();
  }

  /** The address that it was opened at. */
  get address(): Address {
    return this.#current.addr;
  }

  /** Resolves to the error once accepting a connection has failed, and to undefined once it has been shut down. */
  lost(): Promise<unknown> {
    return this.#current.finished.then(() => undefined, (error) => error);
  }

  /** Opens it again. Connections of the former server are served on. @throws If that fails. */
  reopen(): void {
    const former = this.#current;
    this.#current = this.#open();
    this.#former.push(former);
    if (this.#former.length > FORMER_LIMIT) this.#former.shift();
  }

  /**
   * Opens it again, so that connections without a request in flight are closed, and the others after their response.
   * Resolves once it accepts connections again.
   */
  async renew(): Promise<void> {
    const former = this.#current;
    former.shutdown().catch(() => {});
    for (let attempt = 1;; attempt++) {
      // The runtime gives up the address a moment later.
      await new Promise((resolve) => setTimeout(resolve, RENEWAL_PAUSE_MS));
      try {
        return this.reopen();
      } catch (error) {
        if (attempt === RENEWAL_ATTEMPTS) throw error;
      }
    }
  }

  /** Accepts no more connections; resolves once those that it has are closed. */
  async shutdown(): Promise<void> {
    await Promise.all([this.#current, ...this.#former].map((server) => server.shutdown()));
  }
}

/**
 * The listeners of a process. The runtime's server stops accepting for good when `accept` fails, which a client can
 * cause with idle connections until the process has no file descriptor left. So a lost listener is opened again as soon
 * as enough descriptors are free. Until then those connected are served on.
 */
export class Listeners {
  readonly #reserve: DescriptorReserve;
  readonly #lost = new Set<Listener>();
  /** When accepting failed first, on the clock of `performance.now()`. */
  #since: number | undefined;
  #settledPauses = 0;
  #closed = false;

  constructor(reserve: DescriptorReserve) {
    this.#reserve = reserve;
  }

  /** Whether all listeners accept connections. */
  get accepting(): boolean {
    return this.#lost.size === 0;
  }

  /** Opens a listener. @throws If that fails. */
  open<Address extends Deno.Addr>(
    part: ReservePart,
    open: () => Deno.HttpServer<Address>,
  ): Listener<Address> {
    const listener = new Listener(part, open);
    this.#watch(listener);
    return listener;
  }

  /** Closes the connections of a listener that have no request in flight, and the others after their response. */
  async closeIdle(listener: Listener): Promise<void> {
    if (this.#closed || this.#lost.has(listener)) return;
    try {
      await listener.renew();
      this.#watch(listener);
    } catch (error) {
      printError(`the listener could not be opened again: ${errorText(error)}`);
    }
  }

  /** Stops opening listeners again. */
  close(): void {
    this.#closed = true;
  }

  async #watch(listener: Listener): Promise<void> {
    const error = await listener.lost();
    if (error === undefined || this.#closed) return;
    this.#reserve.release(listener.part);
    this.#lost.add(listener);
    this.#settledPauses = 0;
    if (this.#since === undefined) {
      this.#since = performance.now();
      setTimeout(() => this.#tryAgain(), PAUSE_MS);
      printError(
        `new connections are not accepted for now, those open are served on: ${errorText(error)}`,
      );
    }
    // With its own part of the reserve: clients must not keep the operator out.
    if (listener.part === "operator") this.#reopen(listener);
  }

  #tryAgain(): void {
    if (this.#closed) return;
    const refilled = this.#reserve.refill();
    for (const listener of [...this.#lost]) {
      if (refilled || listener.part === "operator") this.#reopen(listener);
    }
    this.#settledPauses = refilled && this.accepting ? this.#settledPauses + 1 : 0;
    if (this.#settledPauses < SETTLED_PAUSES) {
      setTimeout(() => this.#tryAgain(), PAUSE_MS);
      return;
    }
    const seconds = Math.round((performance.now() - (this.#since ?? 0)) / 1000);
    this.#since = undefined;
    printError(`new connections are accepted again, after ${seconds} s`);
  }

  #reopen(listener: Listener): void {
    try {
      listener.reopen();
      this.#lost.delete(listener);
      this.#watch(listener);
    } catch {
      // The address is not free, or there is no descriptor. Or the port was chosen by 0 and can't be had again.
    }
  }
}
