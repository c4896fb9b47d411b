/** The two clocks of a machine, in milliseconds. */
export interface Clock {
  /** The time since 1970. It jumps when somebody sets the clock. */
  wall(): number;
  /** A time that never jumps, from any origin. It may stand still while the machine sleeps. */
  ticks(): number;
}

/** The clocks of this machine. */
export const SYSTEM_CLOCK: Clock = { wall: () => Date.now(), ticks: () => performance.now() };
