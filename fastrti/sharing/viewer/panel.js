/** A panel beside the picture: a heading, a way to close it, and what a tool puts there. One is open at a time. */

import { make } from './controls.js';
import { toolWords } from './tool-words.js';

/** The place of all panels of a viewer. */
export class Panel {
  /** To be placed over the canvas. */
  element = make('section', { class: 'panel', hidden: '' });
  #open = null;
  #closed = () => {};
  #opener = null;

  /** The name of the panel that is open, or null. */
  get open() {
    return this.#open;
  }

  /**
   * Opens a panel in place of another.
   * @param {string} name
   * @param {string} title
   * @param {Element[]} content
   * @param {() => void} closed called when it closes.
   */
  show(name, title, content, closed = () => {}) {
    this.close();
    const close = make('button', { type: 'button', class: 'close', title: `${toolWords.close} (Esc)`, 'aria-label': toolWords.close }, '×');
    close.addEventListener('click', () => this.close());
    this.element.replaceChildren(make('header', {}, make('h2', {}, title), close), ...content);
    this.element.setAttribute('aria-label', title);
    this.element.hidden = false;
    this.#opener = this.element.getRootNode().activeElement;
    [this.#open, this.#closed] = [name, closed];
  }

  /** Closes what is open; the focus goes back to where it was. */
  close() {
    if (this.#open === null) return;
    const closed = this.#closed;
    const hadFocus = this.element.contains(this.element.getRootNode().activeElement);
    [this.#open, this.#closed] = [null, () => {}];
    this.element.hidden = true;
    this.element.replaceChildren();
    if (hadFocus) this.#opener?.focus();
    closed();
  }
}

/** A label with its field. */
export function field(text, input) {
  return make('label', {}, make('span', {}, text), input);
}

/** A button of a panel. */
export function action(text, act, attributes = {}) {
  const button = make('button', { type: 'button', class: 'action', ...attributes }, text);
  button.addEventListener('click', act);
  return button;
}
