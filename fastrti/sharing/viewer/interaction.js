/** Pointers, wheel and keys, turned into moves of the light and of the view. */

const WHEEL_ZOOM = 1.0015; // a notch of 100 units zooms by 16 %
const KEY_ZOOM = 1.25;
const KEY_LIGHT = 0.05;
const KEY_PAN = 60;
export const TAP = 4; // CSS pixels: a hand is never quite still

/**
 * @typedef {object} Moves what the viewer does; lengths in CSS pixels of the canvas.
 * @property {(dx: number, dy: number) => void} light moves the light, in units of the unit circle, +y up.
 * @property {(dx: number, dy: number) => void} pan
 * @property {(factor: number, x?: number, y?: number) => void} zoom
 * @property {() => boolean} panning whether a plain drag moves the picture instead of the light.
 * @property {() => Tool|null} tool what a plain drag does instead of moving the light.
 * @property {(x: number, y: number) => void} tap a press that did not move.
 * @property {(x: number, y: number) => number[]} toPicture the point of the picture there.
 * @property {Object<string, () => void>} keys other keys, by `KeyboardEvent.key`.
 */

/**
 * @typedef {object} Tool points are in pixels of the picture.
 * @property {(point: number[]) => void} down
 * @property {(point: number[]) => void} move
 * @property {(point: number[]) => void} up
 */

/**
 * One pointer drags the light (with Shift, another button or in hand mode: the picture), two pinch and pan.
 * @param {HTMLElement} canvas
 * @param {Moves} moves
 */
export function followPointers(canvas, moves) {
  const pointers = new Map();
  let dragsPicture = false;
  let tool = null; // while a pointer uses it
  let start = null; // where a press began that may be a tap

  const down = (event) => {
    canvas.setPointerCapture(event.pointerId);
    const at = [event.offsetX, event.offsetY];
    pointers.set(event.pointerId, at);
    dragsPicture = event.button !== 0 || event.shiftKey || moves.panning();
    start = pointers.size === 1 && !dragsPicture ? at : null;
    if (pointers.size > 1) letGo(at);
    else if (!dragsPicture && (tool = moves.tool())) tool.down(moves.toPicture(...at));
  };
  const move = (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = [event.offsetX, event.offsetY];
    const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
    pointers.set(event.pointerId, now);
    if (start && Math.hypot(now[0] - start[0], now[1] - start[1]) > TAP) start = null;
    if (others.length) pinch(before, now, others[0]);
    else if (tool) tool.move(moves.toPicture(...now));
    else drag(now[0] - before[0], now[1] - before[1]);
  };
  const letGo = (at) => {
    tool?.up(moves.toPicture(...at));
    tool = null;
  };
  const drag = (dx, dy) => {
    if (dragsPicture) return moves.pan(dx, dy);
    const radius = Math.min(canvas.clientWidth, canvas.clientHeight) / 2;
    return moves.light(dx / radius, -dy / radius);
  };
  const pinch = (before, now, other) => {
    const span = (point) => Math.max(1, Math.hypot(point[0] - other[0], point[1] - other[1]));
    moves.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    moves.zoom(span(now) / span(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  };
  const up = (event) => {
    pointers.delete(event.pointerId);
    if (start && event.type === 'pointerup' && !tool) moves.tap(event.offsetX, event.offsetY);
    letGo([event.offsetX, event.offsetY]);
    start = null;
  };

  canvas.addEventListener('pointerdown', down);
  canvas.addEventListener('pointermove', move);
  canvas.addEventListener('pointerup', up);
  canvas.addEventListener('pointercancel', up);
  canvas.addEventListener('contextmenu', (event) => event.preventDefault());
  canvas.addEventListener('wheel', (event) => zoomByWheel(event, moves), { passive: false });
}

/** In a page that scrolls, the wheel scrolls it until a person clicks the picture, or holds Ctrl. */
function zoomByWheel(event, moves) {
  const { scrollHeight, clientHeight } = document.documentElement;
  const isAsked = event.ctrlKey || event.target.matches(':focus') || scrollHeight <= clientHeight;
  if (!isAsked) return;
  event.preventDefault();
  const units = event.deltaY * [1, 33, 400][event.deltaMode];
  moves.zoom(WHEEL_ZOOM ** -units, event.offsetX, event.offsetY);
}

/**
 * Arrows move the light (with Shift: the picture), + and − zoom; the rest is in `moves.keys`.
 * @param {HTMLElement} element that has the focus.
 * @param {Moves} moves
 */
export function followKeys(element, moves) {
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  element.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.composedPath()[0].matches('select, input, textarea')) return;
    const [x, y] = arrows[event.key] ?? [];
    if (x !== undefined && event.shiftKey) moves.pan(-KEY_PAN * x, KEY_PAN * y);
    else if (x !== undefined) moves.light(KEY_LIGHT * x, KEY_LIGHT * y);
    else if (event.key === '+' || event.key === '=') moves.zoom(KEY_ZOOM);
    else if (event.key === '-') moves.zoom(1 / KEY_ZOOM);
    else if (moves.keys[event.key]) moves.keys[event.key]();
    else return;
    event.preventDefault();
  });
}
