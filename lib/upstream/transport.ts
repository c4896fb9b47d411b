/**
 * One HTTP exchange with an upstream, as the rest of the service sees it: for requests of clients, and for whatever
 * else is to be fetched over the same connections, permissions and egress proxy.
 *
 * @module
 */

import type { Secret } from "../core/secret.ts";
import type { RequestFraming, ResponseFraming } from "../http/framing.ts";
import type { Connection } from "./connection.ts";
import type { ResponseBody } from "./response_body.ts";
import type { ResponseHead } from "./response_head.ts";

/** Sends requests to one upstream. */
export interface Transport {
  /**
   * Sends a request and reads the head of the response.
   *
   * @throws One of the errors in errors.ts, or the runtime's own for a connection that failed.
   */
  roundTrip(request: UpstreamRequest): Promise<UpstreamResponse>;
  /** Closes the idle connections now, and those in use once their exchange has ended. */
  close(): void;
}

/**
 * A field line to send. A value that is a secret stays one until it is written to the connection, so that a request
 * can be printed without harm.
 */
export type OutgoingField = readonly [name: string, value: string | Secret];

/** A request as data: built, then changed by the route's credential, then serialised. */
export interface UpstreamRequest {
  readonly method: string;
  /** In origin-form: RFC 9112, section 3.2.1. A secret once a credential is a part of it. */
  target: string | Secret;
  /** Every field line in the order in which it is sent, those of the framing included. */
  readonly fields: OutgoingField[];
  framing: RequestFraming;
  /** Null where the framing announces no content. */
  body: ReadableStream<Uint8Array> | null;
  /** Whether the request offers to change the protocol. Only then is a 101 a response to it. */
  readonly upgrade?: boolean;
  /** Called after each piece of the body that was sent, with its length in bytes. */
  onBodySent(bytes: number): void;
  /** Whether the client that asked has disconnected, or its request was ended. */
  isClientGone(): boolean;
  /** Whether the request was ended for the memory that its client may take: then its content is given up. */
  isContentUnwanted?(): boolean;
  /** Called when content that has not come to its end was given up because of that. */
  onContentAbandoned?(): void;
  /** Called with what ends the exchange at once until there is a response, again for each connection that is tried. */
  onAbortable?(abort: () => void): void;
}

/** A response, or the agreement to speak another protocol. */
export type UpstreamResponse = HttpResponse | ProtocolChange;

/** A final response: RFC 9110, section 15. */
export interface HttpResponse {
  readonly kind: "response";
  readonly head: ResponseHead;
  readonly framing: ResponseFraming;
  /** Must be read to its end or cancelled: until then it holds the connection. */
  readonly body: ResponseBody;
  /** Whether the connection had served a request before. */
  readonly reused: boolean;
  /** For a response that came before the request's content had been sent. */
  readonly upload?: OngoingUpload;
}

/** The content of a request that was still being sent when its response came. */
export interface OngoingUpload {
  /** Whether the client's content was read to its end, or reading it failed. */
  readonly isRead: boolean;
  /** Resolves when the response may be streamed to the client. @throws If the client sends too much. */
  settled(): Promise<void>;
  /** Must be called before the response is streamed. @throws If that is not possible. */
  beginStream(): void;
  /** Must be called if the response is not streamed after all. */
  cancelStream(): void;
  /** Sends no more, and reads no more from the client. @returns Whether a read waits for ever. */
  abandon(): Promise<boolean>;
  /**
   * Must be called right before a streamed response ends, or once the client has left, and awaited.
   *
   * @returns Whether an error in the response would not end the client's connection.
   */
  endStream(end: StreamEnd): Promise<boolean>;
}

/** How a response ends: as a whole, because the upstream or the service breaks it off, or because the client leaves it. */
export type StreamEnd = "complete" | "broken" | "cut" | "left";

/** A 101 (Switching Protocols): RFC 9110, section 15.2.2. What follows the head on the connection is not HTTP. */
export interface ProtocolChange {
  readonly kind: "protocol_change";
  readonly head: ResponseHead;
  /** Belongs to the caller, who must close it. */
  readonly connection: Connection;
  readonly reused: boolean;
}
