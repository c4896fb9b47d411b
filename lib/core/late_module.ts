/**
 * A module that a start does not wait for: it is loaded soon after, or only by a process that needs it.
 *
 * What it loads with is `() => import("…")` of a literal path, so that the module belongs to the program and needs no
 * permission.
 */
export class LateModule<Module> {
  readonly #import: () => Promise<Module>;
  #loading: Promise<Module> | undefined;
  #loaded: Module | undefined;

  constructor(load: () => Promise<Module>) {
    this.#import = load;
  }

  /** Loads the module, unless it is loaded already. */
  load(): Promise<Module> {
    return this.#loading ??= this.#import().then((module) => this.#loaded = module);
  }

  /** The module, or undefined if it has not been loaded. */
  get ifLoaded(): Module | undefined {
    return this.#loaded;
  }

  /**
   * The module, which must have been loaded.
   *
   * @throws {Error} If it has not: a mistake in the program.
   */
  get loaded(): Module {
    if (this.#loaded === undefined) throw new Error("A module is used that has not been loaded yet");
    return this.#loaded;
  }
}
