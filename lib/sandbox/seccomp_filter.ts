/**
 * The filter of system calls for a sandboxed command, as a program for the kernel (seccomp(2), SECCOMP_MODE_FILTER). Namespaces
 * leave these open:
 *
 * - `ioctl(TIOCSTI)` and `ioctl(TIOCLINUX)` type into the terminal, whose shell would run it after the command has ended.
 * - Keyrings hold keys of the user's session.
 * - Sockets of some families, AF_VSOCK for one, reach the host from any network namespace.
 * - io_uring opens sockets without the system call that is filtered here.
 * - `kill(0)` signals the process group, which may contain what started the sandbox, and would look after what the command leaves.
 *
 * @module
 */

/** What differs between processors: AUDIT_ARCH_* and the numbers of system calls. */
interface Architecture {
  readonly audit: number;
  readonly ioctl: number;
  readonly socket: number;
  readonly kill: number;
  /** add_key, request_key, keyctl. */
  readonly keyrings: readonly number[];
  /** The bit that marks the calls of a second interface, x32. */
  readonly otherAbi?: number;
}

/** By the runtime's name for the processor. */
const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  x86_64: {
    audit: 0xc000003e,
    ioctl: 16,
    socket: 41,
    kill: 62,
    keyrings: [248, 249, 250],
    otherAbi: 0x40000000,
  },
  aarch64: { audit: 0xc00000b7, ioctl: 29, socket: 198, kill: 129, keyrings: [217, 218, 219] },
};

/** io_uring_setup, io_uring_enter, io_uring_register: the same everywhere. */
const IO_URING = [425, 426, 427];

const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;

/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: each belongs to a network namespace, or to a file. */
const FAMILIES = [1, 2, 10, 16];

/** Signals that stop a process group and let it go on: none, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU. Editors suspend themselves so. */
const HARMLESS_SIGNALS = [0, 18, 20, 21, 22];

// Codes of instructions (linux/bpf_common.h): load a word, jump if equal, jump if not less, return.
const LOAD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_NOT_LESS = 0x35;
const RETURN = 0x06;

// What a filter returns (linux/seccomp.h).
const ALLOW = 0x7fff0000;
const ERROR = 0x00050000;
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

// Where things lie in `struct seccomp_data`. The low half of an argument is what the kernel uses of these, and it comes first.
const NUMBER = 0;
const ARCH = 4;
const ARGUMENT_0 = 16;
const ARGUMENT_1 = 24;

/** An instruction: its code, how many instructions to skip if true and if false, and its operand. */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

const load = (offset: number): Instruction => [LOAD, 0, 0, offset];
const allow: Instruction = [RETURN, 0, 0, ALLOW];
const fail = (error: number): Instruction => [RETURN, 0, 0, ERROR | error];
/** Runs the given instructions only if the loaded word is the operand. */
const ifEqual = (operand: number, then: readonly Instruction[]): Instruction[] => [
  [JUMP_EQUAL, 0, then.length, operand],
  ...then,
];

/** Returns the filter for a processor, named as `Deno.build.arch` does; undefined if there is none for it. */
export function seccompFilter(arch: string): Uint8Array<ArrayBuffer> | undefined {
  const found = ARCHITECTURES[arch];
  if (found === undefined) return undefined;
  const { audit, ioctl, socket, kill, keyrings, otherAbi } = found;
  const instructions: Instruction[] = [
    load(ARCH),
    // A 32-bit program has other numbers, so none runs.
    [JUMP_EQUAL, 1, 0, audit],
    fail(ENOSYS),
    load(NUMBER),
    ...(otherAbi === undefined ? [] : [[JUMP_NOT_LESS, 0, 1, otherAbi] as const, fail(ENOSYS)]),
    ...[...keyrings, ...IO_URING].flatMap((number) => ifEqual(number, [fail(ENOSYS)])),
    ...ifEqual(ioctl, [
      load(ARGUMENT_1),
      ...ifEqual(TIOCSTI, [fail(EPERM)]),
      ...ifEqual(TIOCLINUX, [fail(EPERM)]),
      allow,
    ]),
    ...ifEqual(kill, [
      load(ARGUMENT_0),
      ...ifEqual(0, [
        load(ARGUMENT_1),
        ...HARMLESS_SIGNALS.flatMap((signal) => ifEqual(signal, [allow])),
        fail(EPERM),
      ]),
      allow,
    ]),
    ...ifEqual(socket, [
      load(ARGUMENT_0),
      ...FAMILIES.flatMap((family) => ifEqual(family, [allow])),
      fail(EAFNOSUPPORT),
    ]),
    allow,
  ];
  const bytes = new Uint8Array(8 * instructions.length);
  const view = new DataView(bytes.buffer);
  for (const [index, [code, ifTrue, ifFalse, operand]] of instructions.entries()) {
    view.setUint16(8 * index, code, true);
    view.setUint8(8 * index + 2, ifTrue);
    view.setUint8(8 * index + 3, ifFalse);
    view.setUint32(8 * index + 4, operand, true);
  }
  return bytes;
}
