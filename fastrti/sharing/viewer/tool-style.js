/** The look of the tools, inside the shadow tree of the viewer. */
export const TOOL_STYLE = `
.overlay { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; }
.overlay path { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linecap: round; vector-effect: non-scaling-stroke; }
.overlay .under { stroke: #161616a0; stroke-width: 5; }
.overlay .open, .overlay .end { stroke: #fff; stroke-width: 3; }
.overlay .marks path { stroke-width: 3; }
.overlay .marks .under { stroke-width: 7; }
.overlay .marks .open { stroke-width: 5; }
.overlay text { font: 600 13px system-ui, sans-serif; fill: #fff; stroke: #161616c0; stroke-width: 3; paint-order: stroke;
  transform: var(--upright); }
.panel {
  position: absolute; z-index: 1; right: 14px; top: 14px; width: min(300px, calc(100% - 28px)); max-height: calc(100% - 28px);
  box-sizing: border-box; overflow: auto; padding: 10px 14px 14px; background: var(--panel); color: var(--ink);
  border: 1px solid var(--line); border-radius: 10px; font-size: 13px;
}
.panel header { display: flex; align-items: center; justify-content: space-between; }
.panel h2 { margin: 0; font-size: 15px; font-weight: 600; }
.panel .close { font-size: 20px; }
.panel .action { background: var(--soft); }
.panel .action[aria-pressed=true] { background: var(--accent); }
.panel .row { display: flex; flex-wrap: wrap; align-items: end; gap: 6px; margin: 8px 0; }
.panel label { display: block; margin: 6px 0; }
.panel .row label { margin: 0; flex: 1; }
.panel label span { display: block; opacity: 0.75; font-size: 12px; }
.panel input, .panel textarea, .panel select {
  box-sizing: border-box; width: 100%; padding: 6px 8px; border: 1px solid var(--line); border-radius: 7px;
  background: var(--field); color: inherit; font: inherit;
}
.panel input[type=checkbox] { width: auto; }
.panel label:has([type=checkbox]) { display: flex; flex-direction: row-reverse; justify-content: flex-end; align-items: center;
  gap: 8px; }
.panel dl { display: grid; grid-template-columns: auto 1fr; gap: 4px 12px; margin: 8px 0 0; }
.panel dt { opacity: 0.75; }
.panel dd { margin: 0; overflow-wrap: anywhere; }
.panel .notes { margin: 8px 0; padding: 0; list-style: none; }
.panel .notes .action { width: 100%; margin: 2px 0; text-align: left; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; }
.panel .slider { display: grid; grid-template-columns: 1fr auto; }
.panel .slider input { grid-row: 2; grid-column: 1 / 3; padding: 0; accent-color: var(--accent); }
.panel fieldset { margin: 10px 0; padding: 0 10px 6px; border: 1px solid var(--line); border-radius: 7px; }
.panel legend { opacity: 0.75; font-size: 12px; }
.panel .row input { flex: 1; min-width: 0; }
.panel .ball { position: static; display: block; margin: 6px auto; }
.panel .text { white-space: pre-wrap; overflow-wrap: anywhere; }
.panel .hint { opacity: 0.75; font-size: 12px; }
.panel .length { display: block; font-size: 18px; }
.panel .range { display: block; min-height: 1.4em; opacity: 0.75; }
.plot { display: block; width: 100%; background: var(--field); border-radius: 7px; }
.plot polyline { fill: none; stroke: var(--on); stroke-width: 1.2; vector-effect: non-scaling-stroke; }
.other { position: absolute; inset: 0; min-height: 0; pointer-events: none; }
.halved { margin-right: calc(50% + 164px); }
.halved .panel { left: calc(200% + 14px); right: auto; width: 300px; }
.other.free { pointer-events: auto; }
.halved :is(.other, .far) { left: 100%; right: -100%; }
.edge { position: absolute; top: 0; bottom: 0; width: 24px; margin-left: -12px; cursor: ew-resize; touch-action: none;
  background: linear-gradient(to right, transparent calc(50% - 1px), #fff calc(50% - 1px), #fff calc(50% + 1px), transparent calc(50% + 1px)); }
@container (max-width: 640px) {
  .area:has(.panel:not([hidden])) { flex: none; height: 45%; margin-bottom: auto; }
  .panel { left: 0; right: 0; top: 100%; width: auto; max-height: calc(122% - 54px); border-radius: 0; border-width: 1px 0 0; }
  .halved { margin-right: 50%; }
  .halved .panel { left: 0; width: 200%; }
}
`;
