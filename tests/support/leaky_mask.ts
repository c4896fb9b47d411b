/**
 * A mask with a fault on purpose: it holds back what may be the beginning of a secret, and nothing else. It shows that the
 * attacks on the mask would find such a fault.
 *
 * @module
 */
import type { Mask } from "../../lib/mask/mask.ts";
import type { CurrentMask } from "../../lib/mask/table_mask.ts";
import { fromLatin1 } from "./bytes.ts";

/** Returns a mask that tells by what it holds back whether content resembles a secret. */
export function leakyMask(mask: CurrentMask, secret: string): CurrentMask {
  const heldLength = (text: string) => {
    for (let length = Math.min(secret.length - 1, text.length); length > 0; length--) {
      if (text.endsWith(secret.slice(0, length))) return length;
    }
    return 0;
  };
  return {
    get current(): Mask | undefined {
      const current = mask.current;
      if (current === undefined) return undefined;
      const leaky: Pick<Mask, "find" | "findsIn" | "maskBytes" | "maskText" | "span" | "isEmpty"> & object = {
        find: (bytes) => current.find(bytes),
        findsIn: (text) => current.findsIn(text),
        maskBytes: (bytes) => current.maskBytes(bytes),
        maskText: (text) => current.maskText(text),
        span: current.span,
        isEmpty: false,
      };
      const alphabet = {
        runBefore: (bytes: Uint8Array, { end }: { end: number }) =>
          end - heldLength(fromLatin1(bytes.subarray(Math.max(0, end - secret.length), end))),
      };
      return Object.assign(leaky, { alphabet }) as unknown as Mask;
    },
  };
}
