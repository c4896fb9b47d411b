import { within } from "./within.ts";

/** Evaluates expressions in a process that was started with `--inspect`. */
export interface Inspector extends Disposable {
  /** Returns the awaited value of an expression; rejects when it throws. */
  evaluate(expression: string): Promise<unknown>;
}

/**
 * Connects to the address that a process started with `--inspect` prints.
 *
 * @param url Begins with `ws:`.
 */
export async function inspect(url: string): Promise<Inspector> {
  const socket = new WebSocket(url);
  const opened = Promise.withResolvers<void>();
  socket.onopen = () => opened.resolve();
  socket.onerror = () => opened.reject(new Error("Cannot connect to the inspector"));
  await within(opened.promise, "The inspector's answer");

  async function evaluate(expression: string): Promise<unknown> {
    const answer = Promise.withResolvers<string>();
    socket.onmessage = ({ data }) => answer.resolve(data);
    const params = { expression, awaitPromise: true, returnByValue: true };
    socket.send(JSON.stringify({ id: 1, method: "Runtime.evaluate", params }));
    const { result } = JSON.parse(await within(answer.promise, "The inspector's result"));
    if (result?.exceptionDetails !== undefined) {
      throw new Error(result.exceptionDetails.exception?.description);
    }
    return result?.result?.value;
  }

  return { evaluate, [Symbol.dispose]: () => socket.close() };
}
