import { Refusal } from "../../http/refusal.ts";

/** A part of the field outside of a list: white space, a resource, or the beginning of a list. */
const OUTSIDE = /\s+|<([^<>]*)>|\(/y;

/** A part of a list: white space, "Not", a state token, an entity tag, or its end. */
const INSIDE = /\s+|not|<[^<>]*>|\[(?:W\/)?"[^"]*"\]|\)/iy;

/**
 * Returns the value of an If field with the resources in it rewritten: RFC 4918, section 10.4.2. State tokens and entity
 * tags stay as they are.
 *
 * @throws {Refusal} If the value is not valid, so that it is not clear what is a resource.
 */
export function rewriteTags(value: string, rewrite: (tag: string) => string): string {
  // Some APIs have a field of this name for something else.
  if (!/[<(]/.test(value)) return value;
  let result = "";
  let isInside = false;
  for (let at = 0; at < value.length;) {
    const pattern: RegExp = isInside ? INSIDE : OUTSIDE;
    pattern.lastIndex = at;
    const [part, tag]: readonly (string | undefined)[] = pattern.exec(value) ?? [];
    if (part === undefined) throw new Refusal("bad_request", "its If is not valid");
    if (part === "(" || part === ")") isInside = part === "(";
    result += tag === undefined ? part : `<${rewrite(tag)}>`;
    at += part.length;
  }
  return result;
}
