/** Reports whether a program can be started, and succeeds with the arguments. */
export async function starts(program: string, ...args: readonly string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args: [...args], stdout: "null", stderr: "null" }).output())
      .success;
  } catch {
    return false;
  }
}
