/** What an object says of itself and of where it comes from, as texts for a person: whatever info.json holds. */

const MAX_STEPS = 100;
const MAX_LETTERS = 300;
const DATE_LETTERS = '2026-01-31'.length;

/**
 * The name and the description of each activity of a provenance, first to last; docs/object_format.md explains them.
 * @param {*} provenance of an info.json.
 * @returns {[string, string][]}
 */
export function readSteps(provenance) {
  const nodes = Array.isArray(provenance?.['@graph']) ? provenance['@graph'] : [];
  const activities = nodes.filter((node) => [node?.['@type']].flat().includes('prov:Activity'));
  return activities.slice(0, MAX_STEPS).map((node) => {
    const ended = node['prov:startedAtTime'] === undefined ? textOf(node, 'prov:endedAtTime').slice(0, DATE_LETTERS) : '';
    const described = [textOf(node, 'schema:description'), ended].filter(Boolean).join(', ');
    return [textOf(node, 'schema:name') || 'step', described];
  });
}

function textOf(node, key) {
  return typeof node[key] === 'string' ? node[key].slice(0, MAX_LETTERS) : '';
}
