/** The states that were seen, to go back to. */

const MOST = 100;

/** What undo needs: states that stood still for a while. */
export class Past {
  #states = [];

  /** A state stands still. */
  add(state) {
    if (state === this.#states.at(-1)) return;
    this.#states.push(state);
    this.#states.splice(0, this.#states.length - MOST);
  }

  /** The state before the present one, which is forgotten with it; undefined where there is none. */
  back(present) {
    if (present === this.#states.at(-1)) this.#states.pop();
    return this.#states.pop();
  }

  clear() {
    this.#states = [];
  }
}
