// The light of a thumbnail follows the pointer, and the list can be searched. The page works without both.

/** Draws the strip's four pictures around a light as their bilinear mean: later ones with less of the whole. */
function blend(context, strip, grid, u, v) {
  const { width, height } = context.canvas;
  const [left, top] = [u, v].map((place) => Math.min(grid - 2, Math.floor(place)));
  const [right, below] = [u - left, v - top];
  let sum = 0;
  for (const [dx, dy, weight] of [
    [0, 0, (1 - right) * (1 - below)],
    [1, 0, right * (1 - below)],
    [0, 1, (1 - right) * below],
    [1, 1, right * below],
  ]) {
    if (weight === 0) continue;
    sum += weight;
    context.globalAlpha = weight / sum;
    context.drawImage(strip, (left + dx) * width, (top + dy) * height, width, height, 0, 0, width, height);
  }
}

/** The strip is loaded when a pointer first comes to the picture. */
function relightUnderPointer(link) {
  const still = link.querySelector('img');
  const grid = Number(still.dataset.grid);
  const canvas = Object.assign(document.createElement('canvas'), { width: still.width, height: still.height });
  let strip = null;
  let pointer = null;

  function draw() {
    if (!pointer || !strip?.naturalWidth) return;
    if (!canvas.isConnected) {
      canvas.width = strip.naturalWidth / grid;
      canvas.height = strip.naturalHeight / grid;
      link.append(canvas);
    }
    const { left, top, width, height } = link.getBoundingClientRect();
    const along = (place, length) => (grid - 1) * Math.min(1, Math.max(0, place / length));
    blend(canvas.getContext('2d'), strip, grid, along(pointer.clientX - left, width), along(pointer.clientY - top, height));
  }

  function follow(event) {
    pointer = event;
    if (!strip) {
      strip = new Image();
      strip.addEventListener('load', draw);
      strip.src = still.dataset.strip;
    }
    draw();
  }

  function leave() {
    pointer = null;
    canvas.remove();
  }

  link.addEventListener('pointerenter', follow);
  link.addEventListener('pointermove', follow);
  link.addEventListener('pointerleave', leave);
  link.addEventListener('pointercancel', leave);
}

/** Shows the objects whose texts hold every word. */
function addSearch() {
  const told = document.querySelector('[role=status]');
  const all = told.textContent;
  const cards = [...document.querySelectorAll('article')];
  const field = Object.assign(document.createElement('input'), { type: 'search', placeholder: 'Search' });
  field.setAttribute('aria-label', 'Search the objects');
  field.addEventListener('input', () => {
    const words = field.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    for (const card of cards) {
      const text = card.textContent.toLocaleLowerCase();
      card.hidden = !words.every((word) => text.includes(word));
    }
    const found = cards.filter((card) => !card.hidden).length;
    told.textContent = words.length ? `${found} of ${all}` : all;
  });
  told.before(field);
}

document.querySelectorAll('.picture').forEach(relightUnderPointer);
addSearch();
