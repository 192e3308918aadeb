/**
 * Shapes on the picture, in its pixels, and the selectors of the W3C Web Annotation Data Model that name them: points are
 * IIIF's PointSelector, rectangles are media fragments, lines and polygons are SVG.
 */

const MAX_POINTS = 1000;
const MAX_COORDINATE = 1e7;
const MEDIA_FRAGMENTS = 'http://www.w3.org/TR/media-frags/';

/**
 * @typedef {object} Shape
 * @property {'point'|'line'|'rectangle'|'polygon'} kind
 * @property {number[][]} points one of a point; two of a rectangle, opposite corners; two or more of a line; three or
 *   more of a polygon.
 */

const LEAST = { point: 1, line: 2, rectangle: 2, polygon: 3 };

/** A selector of a shape. */
export function toSelector({ kind, points }) {
  const rounded = points.map((point) => point.map((value) => Number(value.toFixed(3))));
  const text = rounded.map((point) => point.join()).join(' ');
  if (kind === 'point') return { type: 'PointSelector', x: rounded[0][0], y: rounded[0][1] };
  if (kind === 'rectangle') {
    const [left, top, right, bottom] = bounds(rounded);
    const area = [left, top, right - left, bottom - top].map((value) => Number(value.toFixed(3)));
    return { type: 'FragmentSelector', conformsTo: MEDIA_FRAGMENTS, value: `xywh=pixel:${area.join()}` };
  }
  const element = kind === 'line' ? 'polyline' : 'polygon';
  return { type: 'SvgSelector', value: `<svg xmlns="http://www.w3.org/2000/svg"><${element} points="${text}"/></svg>` };
}

/** The shape of a selector; null where it is none of these. Nothing of its text is ever drawn but its numbers. */
export function fromSelector(selector) {
  const { type, value } = selector ?? {};
  const text = typeof value === 'string' ? value : '';
  if (type === 'PointSelector') return made('point', [[selector.x, selector.y]]);
  if (type === 'FragmentSelector') {
    const [x, y, width, height] = (/xywh=(?:pixel:)?([-\d.,]+)$/.exec(text)?.[1] ?? '').split(',').map(Number);
    return made('rectangle', [[x, y], [x + width, y + height]]);
  }
  const [, element, list] = /<(polyline|polygon)\b[^>]*\bpoints=["']([-\d.,\s]+)["']/.exec(text) ?? [];
  const numbers = list?.trim().split(/[\s,]+/).map(Number) ?? [];
  const points = Array.from({ length: Math.floor(numbers.length / 2) }, (_, i) => numbers.slice(2 * i, 2 * i + 2));
  return type === 'SvgSelector' && element ? made(element === 'polyline' ? 'line' : 'polygon', points) : null;
}

function made(kind, points) {
  const isNumber = (value) => typeof value === 'number' && Math.abs(value) <= MAX_COORDINATE;
  const fits = points.length >= LEAST[kind] && points.length <= MAX_POINTS;
  return fits && points.flat().every(isNumber) ? { kind, points } : null;
}

/** The `d` of an SVG path. */
export function toPath({ kind, points }) {
  if (kind === 'point') return `M${points[0].join()}h0`;
  if (kind === 'rectangle') {
    const [left, top, right, bottom] = bounds(points);
    return `M${left},${top}H${right}V${bottom}H${left}Z`;
  }
  return `M${points.map((point) => point.join()).join('L')}${kind === 'polygon' ? 'Z' : ''}`;
}

/** How far a point is from a shape, in pixels of the picture; 0 inside. */
export function distanceTo({ kind, points }, [x, y]) {
  if (kind === 'point') return Math.hypot(x - points[0][0], y - points[0][1]);
  if (kind === 'rectangle') {
    const [left, top, right, bottom] = bounds(points);
    return Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
  }
  const closed = kind === 'polygon' ? [...points, points[0]] : points;
  if (kind === 'polygon' && isInside(closed, x, y)) return 0;
  return Math.min(...closed.slice(1).map((end, i) => distanceToSegment(closed[i], end, x, y)));
}

/** Left, top, right, bottom. */
export function bounds(points) {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

function isInside(closed, x, y) {
  const crosses = ([x0, y0], [x1, y1]) => y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0);
  return closed.slice(1).filter((end, i) => crosses(closed[i], end)).length % 2 === 1;
}

function distanceToSegment([x0, y0], [x1, y1], x, y) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1);
  const held = Math.min(Math.max(along, 0), 1);
  return Math.hypot(x - x0 - held * dx, y - y0 - held * dy);
}
