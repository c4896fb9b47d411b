/** Text that is already HTML. Use the `html` template to create it. */
export class Html {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** Joins a template's parts and values; a value that is not already HTML is escaped. */
  static of(parts: readonly string[], values: readonly HtmlValue[]): Html {
    return new Html(
      parts.map((part, at) => part + (at < values.length ? rendered(values[at]) : "")).join(""),
    );
  }

  toString(): string {
    return this.#text;
  }
}

/** A value in a template; undefined renders as nothing, a list as its items in order. */
export type HtmlValue = Html | string | number | undefined | readonly HtmlValue[];

/** Renders a template and escapes its values, so that a path from a client can't become a tag. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return Html.of(parts, values);
}

function rendered(value: HtmlValue): string {
  if (value === undefined) return "";
  if (value instanceof Html) return value.toString();
  if (typeof value === "object") return value.map(rendered).join("");
  return String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
