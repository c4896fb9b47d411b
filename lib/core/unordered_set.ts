/** A member of an {@linkcode UnorderedSet}. */
export interface Member {
  /** Its index, which the set alone changes; -1: in none. */
  index: number;
}

/**
 * A set for members that come and go all the time. Each knows its own index, so it can be in one such set at a time.
 *
 * As a V8 set grows and shrinks it leaves a chain of outgrown tables, which keep what they held alive, whole requests
 * included, until the old generation is collected.
 */
export class UnorderedSet<Value extends Member> implements Iterable<Value> {
  readonly #members: Value[] = [];

  get size(): number {
    return this.#members.length;
  }

  add(member: Value): void {
    member.index = this.#members.length;
    this.#members.push(member);
  }

  /** Removes a member, in whose place comes the last one; does nothing where it is not in the set. */
  delete(member: Value): void {
    if (member.index < 0) return;
    const last = this.#members.pop()!;
    if (last !== member) {
      this.#members[member.index] = last;
      last.index = member.index;
    }
    member.index = -1;
  }

  /** Returns those of this moment: meanwhile others may come and go. */
  [Symbol.iterator](): ArrayIterator<Value> {
    return this.#members.slice().values();
  }
}
