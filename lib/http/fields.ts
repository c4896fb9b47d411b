/** The fields of a message as `Headers` gives them: names in lower case, values with one character per byte. */
export interface Fields extends Pick<Headers, "get"> {
  /** Calls a function for each field. */
  forEach(callback: (value: string, name: string) => void): void;
}
