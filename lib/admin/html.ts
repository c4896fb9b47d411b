/** Text that is HTML already. `html` is its only maker. */
export class Html {
  #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** Puts a template together; whatever it is given that is not HTML already is escaped. */
  static of(parts: readonly string[], values: readonly Part[]): Html {
    return new Html(
      parts.map((part, at) => part + (at < values.length ? rendered(values[at]) : "")).join(""),
    );
  }

  toString(): string {
    return this.#text;
  }
}

/** What a template may be given. Nothing is written for what is undefined. */
export type Part = Html | string | number | undefined | readonly Part[];

/** HTML as a template: a path that an agent made up can't become a tag. */
export function html(parts: TemplateStringsArray, ...values: readonly Part[]): Html {
  return Html.of(parts, values);
}

function rendered(value: Part): string {
  if (value === undefined) return "";
  if (value instanceof Html) return value.toString();
  if (typeof value === "object") return value.map(rendered).join("");
  return String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
