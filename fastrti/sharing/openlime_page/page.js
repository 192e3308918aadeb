/**
 * Shows the object in `object/` with OpenLIME, and moves its light.
 *
 * What is set on OpenLIME here keeps the picture right: planes are numbers, not colours, and the result is already
 * encoded for the screen. So every conversion between linear and sRGB is turned off, or undone by its inverse.
 */

import { LightBall } from './light-ball.js';
import { unitLight } from './decoders.js';
import { conditionOnLight } from './uniforms.js';

const INFO = 'object/info.json';
const LOADING_MS = 60_000;
const WIDEST = 0.995; // of the unit circle: just above the horizon
const KEY_STEP = 0.05;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** @type {{type: 'neural'|'rti', layout: 'image'|'deepzoom', cover: string|null}} */
const settings = JSON.parse(document.getElementById('settings').textContent);

/** Says something instead of the picture; '' ends it. */
function say(text) {
  const message = document.getElementById('message');
  message.firstElementChild.textContent = text;
  message.hidden = text === '';
}

async function readInfo() {
  const response = await fetch(INFO);
  if (!response.ok) throw new Error(`Expected ${INFO} beside this page, got ${response.status}: export it again.`);
  return response.json();
}

function show(info) {
  const { OpenLIME } = window;
  if (!OpenLIME) {
    throw new Error(
      'OpenLIME is missing. It is a program of its own (GPL-3.0): take openlime.min.js from its release at ' +
        'https://github.com/cnr-isti-vclab/openlime and put it beside this page.',
    );
  }
  const { type, layout } = settings;
  const layer = new OpenLIME.Layer({ type, layout, url: INFO });
  const shader = type === 'neural' ? layer.imageShader : layer.shaders.rti;
  shader.isLinear = true;
  layer.rasters.forEach((raster) => (raster.isLinear = true));
  const viewer = new OpenLIME.Viewer('#picture', {
    canvas: { useOffscreenFramebuffer: type === 'rti' && handsOnLinearLight(shader) },
  });
  viewer.addController(new OpenLIME.ControllerPanZoom(viewer.camera, { priority: -1000, activeModifiers: [0, 1] }));
  viewer.addLayer('object', layer);
  if (settings.cover) {
    const cover = new OpenLIME.Layer({ type: 'image', layout, url: settings.cover, zindex: 1 });
    viewer.addLayer('cover', cover);
  }
  return whenRead(layer).then(() => addLight(layer, info));
}

/**
 * Whether OpenLIME's RTI shader converts its colours from sRGB to linear, although it is told that they are linear.
 * It does since 1.2.3. Then only its off-screen picture, which converts them back, shows them right. That picture has
 * 8 bits of linear light, so dark tones are up to 15 levels off: it is used where it must be.
 */
function handsOnLinearLight(shader) {
  return /srgb\w*linear/i.test(shader.fragShaderSrc());
}

/** OpenLIME reads the object by itself, and tells nobody when the network is there. */
async function whenRead(layer) {
  const end = performance.now() + LOADING_MS;
  while (layer.status !== 'ready' || (settings.type === 'neural' && !layer.networkParameters)) {
    if (performance.now() > end) throw new Error('Expected OpenLIME to read the object, it did not: see the console.');
    await new Promise(requestAnimationFrame);
  }
}

function addLight(layer, info) {
  if (info.decoder?.kind === 'light_mlp') conditionOnLight(layer.neuralShader, info);
  let light = [0, 0];
  const move = (x, y) => {
    const inside = Math.min(1, WIDEST / Math.hypot(x, y));
    light = [x * inside, y * inside];
    layer.setLight(light, 0); // without a duration OpenLIME computes NaN
    ball.show(unitLight(light));
  };
  const lights = settings.type === 'neural' ? (info.lights ?? []) : [];
  const ball = new LightBall(lights, move);
  ball.element.addEventListener('keydown', (event) => {
    const step = ARROWS[event.key];
    if (!step) return;
    move(light[0] + KEY_STEP * step[0], light[1] + KEY_STEP * step[1]);
    event.preventDefault();
  });
  document.body.append(ball.element);
  move(-0.35, 0.45); // from the upper left, as drawings are lit
}

try {
  await show(await readInfo());
  say('');
} catch (error) {
  say(error.message);
  throw error;
}
