/** The light's way around the object. */

export const SWEEP_SECONDS = 8; // of one turn

/** Turns a light about the camera's axis, as long as it is on. */
export class Sweep {
  #moved = 0; // when the light last moved; 0 = it stands
  #speed = 0; // radians in a millisecond
  #left = 0; // radians

  get isOn() {
    return this.#moved > 0;
  }

  start(seconds = SWEEP_SECONDS, turns = Infinity) {
    this.#moved = performance.now();
    this.#speed = (2 * Math.PI) / 1000 / seconds;
    this.#left = 2 * Math.PI * turns;
  }

  stop() {
    this.#moved = 0;
  }

  /** Where a light (x, y) is at a time; it stops at the end of its way. */
  at(now, [x, y]) {
    const step = Math.min((now - this.#moved) * this.#speed, this.#left);
    const angle = Math.atan2(y, x) - step;
    this.#moved = now;
    this.#left -= step;
    if (this.#left <= 0) this.stop();
    return [Math.hypot(x, y) * Math.cos(angle), Math.hypot(x, y) * Math.sin(angle)];
  }
}
