/** The front end of widget.py: the viewer in a frame of its own, or pictures that the kernel renders. */

const REFUSALS = {
  browser: 'This browser offers no WebGL2: the pictures come from the kernel.',
  size: 'The object is too large for one page: the pictures come from the kernel.',
};

export default {
  render({ model, el }) {
    if (!model.get('page')) return showFrames(model, el, REFUSALS.size);
    if (!offersWebGl()) return showFrames(model, el, REFUSALS.browser);
    return showViewer(model, el);
  },
};

function offersWebGl() {
  const gl = document.createElement('canvas').getContext('webgl2');
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return Boolean(gl);
}

/** @returns what ends it; so does showFrames. */
function showViewer(model, el) {
  const frame = document.createElement('iframe');
  const [width, height] = model.get('size');
  frame.style.cssText = `width: 100%; aspect-ratio: ${width} / ${height}; min-height: 320px; max-height: 75vh; border: 0`;
  frame.title = 'Relightable picture';
  frame.allowFullscreen = true;
  frame.srcdoc = model.get('page');
  let viewer = null;
  const follow = () => {
    if (viewer && !isSame(viewer.light, model.get('light'))) viewer.light = model.get('light');
  };
  const followNotes = () => {
    const notes = model.get('annotations');
    if (viewer && JSON.stringify(viewer.annotations) !== JSON.stringify(notes)) viewer.annotations = notes;
  };
  frame.addEventListener('load', () => {
    viewer = frame.contentDocument.querySelector('rti-viewer');
    viewer.files.find = (name) => (name === 'normals.png' ? askForNormals(model) : null);
    follow();
    viewer.annotations = model.get('annotations'); // none, too: the kernel keeps them, not the browser
    viewer.addEventListener('rti-light', () => send(model, viewer.light));
    viewer.addEventListener('rti-annotations', ({ detail }) => {
      model.set('annotations', detail);
      model.save_changes();
    });
  });
  model.on('change:light', follow);
  model.on('change:annotations', followNotes);
  el.append(frame);
  return () => {
    model.off('change:light', follow);
    model.off('change:annotations', followNotes);
  };
}

/** @returns {Promise<string>} the address of the normals, which the kernel estimates when they are first asked for. */
async function askForNormals(model) {
  if (model.get('normals').byteLength === 0) {
    await new Promise((resolve) => {
      model.on('change:normals', resolve);
      model.set('shaped', true);
      model.save_changes();
    });
  }
  return URL.createObjectURL(new Blob([model.get('normals')], { type: 'image/png' }));
}

function showFrames(model, el, reason) {
  const image = document.createElement('img');
  image.style.cssText = 'max-width: 100%; max-height: 75vh; cursor: crosshair; touch-action: none';
  image.alt = 'Relightable picture: drag over it to move the light';
  image.draggable = false;
  const show = () => {
    if (model.get('frame').byteLength === 0) return;
    URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(new Blob([model.get('frame')], { type: 'image/jpeg' }));
  };
  const drag = (event) => event.buttons & 1 && send(model, lightAt(event, image.getBoundingClientRect()));
  image.addEventListener('pointerdown', (event) => image.setPointerCapture(event.pointerId));
  image.addEventListener('pointerdown', drag);
  image.addEventListener('pointermove', drag);
  model.on('change:frame', show);
  show();
  model.set('framed', true);
  model.save_changes();
  const note = document.createElement('small');
  note.textContent = reason;
  note.style.display = 'block';
  el.append(image, note);
  return () => model.off('change:frame', show);
}

/** The light over a point of the picture, the horizon being the circle that touches its nearer edges. */
function lightAt({ clientX, clientY }, { left, top, width, height }) {
  const radius = Math.min(width, height) / 2;
  const [x, y] = [(clientX - left - width / 2) / radius, (top + height / 2 - clientY) / radius];
  const shrink = Math.min(1, 1 / Math.hypot(x, y));
  return [x * shrink, y * shrink, Math.sqrt(Math.max(0, 1 - (x * x + y * y) * shrink * shrink))];
}

function send(model, light) {
  if (isSame(light, model.get('light'))) return;
  model.set('light', light);
  model.save_changes();
}

function isSame(a, b) {
  return a.every((value, i) => Math.abs(value - b[i]) < 1e-9);
}
